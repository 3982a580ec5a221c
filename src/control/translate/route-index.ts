import type { Work } from '../../base/slices.ts';
import type { Ingress, IngressClass } from '../../model/objects.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { RouteSnapshot } from '../../model/snapshot.ts';
import type { ObjectReader, ObjectStep } from '../object-reader.ts';
import { ClaimPlaces, type RuleStep } from './claim-places.ts';
import { type Claim, readClaims, settingClaim } from './claims.ts';
import { defaultClass, type Standing, standingOf } from './ingress-standing.ts';
import type { TranslateOptions } from './options.ts';

interface Name {
  readonly namespace: string;
  readonly name: string;
}

/** What was last read of an Ingress. */
interface Reading {
  readonly ingress: Ingress;
  readonly standing: Standing;
  readonly claims: readonly Claim[];
}

/**
 * Ingresses and IngressClasses → rules, each host and path once. A change of one Ingress costs the reading of one and the
 * judging of the places that it asks for or leaves.
 *
 *   steps ──► marked Ingresses ──► claims of the places, by seniority ──► touched places ──► rules, refusals
 */
export class RouteIndex {
  readonly #objects: ObjectReader;
  readonly #options: TranslateOptions;
  readonly #refusals: Map<string, readonly Refusal[]>;
  readonly #places: ClaimPlaces;
  readonly #marked = new Map<string, Name>();
  readonly #readings = new Map<string, Reading>();
  /** null: not looked for since the classes changed. */
  #defaultClass: IngressClass | undefined | null = null;
  #snapshot: RouteSnapshot = { rules: [] };

  /** `refusals` takes what is refused now of each thing that was looked at. */
  constructor(objects: ObjectReader, options: TranslateOptions, refusals: Map<string, readonly Refusal[]>) {
    this.#objects = objects;
    this.#options = options;
    this.#refusals = refusals;
    this.#places = new ClaimPlaces(refusals);
    if (options.defaultBackend !== undefined) this.#places.add(settingClaim(options.defaultBackend));
    this.#markAll();
  }

  note(steps: readonly ObjectStep[]): void {
    for (const { kind, before, after } of steps) {
      if (kind === 'Ingress') this.#mark((after ?? before!).meta);
      if (kind !== 'IngressClass') continue;
      this.#defaultClass = null;
      this.#markAll();
    }
  }

  /** All of what was noted before, with the store as it is while this runs. The same snapshot as before: no rule differs. */
  *settle(): Work<{ readonly snapshot: RouteSnapshot; readonly steps: readonly RuleStep[] }> {
    for (const [id, { namespace, name }] of [...this.#marked]) {
      this.#read(id, this.#objects.get('Ingress', namespace, name));
      this.#marked.delete(id);
      yield;
    }
    const { rules, steps } = yield* this.#places.settle();
    if (rules !== this.#snapshot.rules) this.#snapshot = { rules };
    return { snapshot: this.#snapshot, steps };
  }

  #markAll(): void {
    for (const { meta } of this.#objects.list('Ingress')) this.#mark(meta);
  }

  #mark({ namespace, name }: Name): void {
    this.#marked.set(`${namespace}/${name}`, { namespace, name });
  }

  #read(id: string, ingress: Ingress | undefined): void {
    const before = this.#readings.get(id);
    const standing = ingress === undefined ? 'foreign' : this.#standingOf(ingress);
    if (before?.ingress === ingress && (before === undefined || before.standing === standing)) return;
    for (const claim of before?.claims ?? []) this.#places.remove(claim);
    const { claims, refusals } = standing === 'ours' ? readClaims(ingress!) : nothing;
    for (const claim of claims) this.#places.add(claim);
    const told = standing === 'unknown' ? [unknownClass(ingress!, this.#options)] : refusals;
    if (told.length > 0 || before !== undefined) this.#refusals.set(`Ingress ${id}`, told);
    if (ingress === undefined) this.#readings.delete(id);
    else this.#readings.set(id, { ingress, standing, claims });
  }

  #standingOf(ingress: Ingress): Standing {
    return standingOf(ingress, this.#objects, this.#options, () => {
      if (this.#defaultClass === null) this.#defaultClass = defaultClass(this.#objects.list('IngressClass'));
      return this.#defaultClass;
    });
  }
}

const nothing = { claims: [], refusals: [] };

function unknownClass(ingress: Ingress, { ingressClass, controller }: TranslateOptions): Refusal {
  const { namespace, name } = ingress.meta;
  return {
    file: ingress.origin.file,
    object: { kind: 'Ingress', namespace, name },
    field: 'spec.ingressClassName',
    reason: 'ClassUnknown',
    message: `there is no IngressClass ${ingressClass} with the controller ${controller}, so this Ingress is not served`,
  };
}

import type { Work } from '../../base/slices.ts';
import type { Ingress, IngressClass } from '../../model/objects.ts';
import { type Refusal, refText } from '../../model/refusal.ts';
import { type RouteSnapshot, type Rule, sameRule } from '../../model/snapshot.ts';
import type { ObjectReader, ObjectStep } from '../object-reader.ts';
import { type Claim, readClaims, settingClaim } from './claims.ts';
import { defaultClass, type Standing, standingOf } from './ingress-standing.ts';
import { KeyedList } from './keyed-list.ts';
import type { TranslateOptions } from './options.ts';
import { bySeniority, seniorityText } from './seniority.ts';
import { claimText } from './texts.ts';

/** One rule that is another one now: without `before` it came, without `after` it went. */
export interface RuleStep {
  readonly before: Rule | undefined;
  readonly after: Rule | undefined;
}

/** A host and path that somebody asks for. */
interface Place {
  readonly key: string;
  /** Oldest first: the rule of the first one stands, the others wait and are refused. */
  readonly claims: Claim[];
  /** Whose rule stands since the last settling. */
  winner: Claim | undefined;
}

/** What was last read of an Ingress. */
interface Reading {
  readonly ingress: Ingress;
  readonly standing: Standing;
  readonly claims: readonly Claim[];
}

/**
 * Ingresses and IngressClasses → rules, each host and path once. Keeps every claim, so that a change of one Ingress costs
 * the reading of one and the judging of the places that it asks for or leaves.
 *
 *   steps ──► marked Ingresses ──► claims of the places, by seniority ──► touched places ──► rules, refusals
 */
export class RouteIndex {
  readonly #objects: ObjectReader;
  readonly #options: TranslateOptions;
  readonly #refusals: Map<string, readonly Refusal[]>;
  readonly #marked = new Map<string, { readonly namespace: string; readonly name: string }>();
  readonly #readings = new Map<string, Reading>();
  readonly #places = new Map<string, Place>();
  /** Those that are not settled since their claims changed, and the claims that came. */
  readonly #touched = new Map<Place, Set<Claim>>();
  readonly #sorted = new KeyedList<Rule>();
  /** Not yet in the list. */
  readonly #edits = new Map<string, Rule | undefined>();
  #steps: RuleStep[] = [];
  #differs = true;
  /** null: not looked for since the classes changed. */
  #defaultClass: IngressClass | undefined | null = null;
  #snapshot: RouteSnapshot = { rules: [] };

  /** `refusals` takes what is refused now of each thing that was looked at. */
  constructor(objects: ObjectReader, options: TranslateOptions, refusals: Map<string, readonly Refusal[]>) {
    this.#objects = objects;
    this.#options = options;
    this.#refusals = refusals;
    if (options.defaultBackend !== undefined) this.#add(settingClaim(options.defaultBackend));
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
    for (const [place, fresh] of this.#touched) {
      this.#settlePlace(place, fresh);
      this.#touched.delete(place);
      yield;
    }
    this.#sorted.change(this.#edits);
    this.#edits.clear();
    if (this.#differs) this.#snapshot = { rules: this.#sorted.values };
    this.#differs = false;
    const steps = this.#steps;
    this.#steps = [];
    return { snapshot: this.#snapshot, steps };
  }

  #markAll(): void {
    for (const { meta } of this.#objects.list('Ingress')) this.#mark(meta);
  }

  #mark({ namespace, name }: { readonly namespace: string; readonly name: string }): void {
    this.#marked.set(`${namespace}/${name}`, { namespace, name });
  }

  #read(id: string, ingress: Ingress | undefined): void {
    const before = this.#readings.get(id);
    const standing = ingress === undefined ? 'foreign' : this.#standingOf(ingress);
    if (before?.ingress === ingress && (before === undefined || before.standing === standing)) return;
    for (const claim of before?.claims ?? []) this.#remove(claim);
    const { claims, refusals } = standing === 'ours' ? readClaims(ingress!) : nothing;
    for (const claim of claims) this.#add(claim);
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

  #add(claim: Claim): void {
    const place = this.#places.get(claim.key) ?? { key: claim.key, claims: [], winner: undefined };
    this.#places.set(claim.key, place);
    place.claims.splice(rankOf(claim, place.claims), 0, claim);
    this.#touch(place).add(claim);
  }

  #remove(claim: Claim): void {
    const place = this.#places.get(claim.key)!;
    place.claims.splice(rankOf(claim, place.claims), 1);
    this.#touch(place).delete(claim);
    this.#refusals.set(conflictName(claim), []);
  }

  #touch(place: Place): Set<Claim> {
    const fresh = this.#touched.get(place) ?? new Set();
    this.#touched.set(place, fresh);
    return fresh;
  }

  #settlePlace(place: Place, fresh: ReadonlySet<Claim>): void {
    const before = place.winner;
    const winner = place.claims.at(0);
    place.winner = winner;
    if (winner === undefined) this.#places.delete(place.key);
    if (before !== winner) this.#noteStep(place.key, before, winner);
    if (winner === undefined) return;
    // It waited until now.
    if (before !== winner && !fresh.has(winner)) this.#refusals.set(conflictName(winner), []);
    const losers = saysTheSame(before, winner) ? [...fresh].filter((claim) => claim !== winner) : place.claims.slice(1);
    for (const loser of losers) this.#refusals.set(conflictName(loser), conflicts(loser, winner));
  }

  #noteStep(key: string, before: Claim | undefined, after: Claim | undefined): void {
    this.#edits.set(key, after?.rule);
    this.#steps.push({ before: before?.rule, after: after?.rule });
    if (before === undefined || after === undefined || !sameRule(before.rule, after.rule)) this.#differs = true;
  }
}

const nothing = { claims: [], refusals: [] };

/** Where it stands among the claims, or where it belongs. */
function rankOf(claim: Claim, claims: readonly Claim[]): number {
  let low = 0;
  let high = claims.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byAge(claims[middle], claim) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The claim of a setting gives way to every Ingress. */
function byAge(a: Claim, b: Claim): number {
  if (a.ingress === undefined || b.ingress === undefined)
    return Number(a.ingress === undefined) - Number(b.ingress === undefined);
  return bySeniority(a.ingress, b.ingress);
}

/** What the losers are told of the winner. */
function saysTheSame(a: Claim | undefined, b: Claim): boolean {
  return (
    a === b ||
    (a !== undefined && sameRule(a.rule, b.rule) && a.ingress?.meta.createdAtMs === b.ingress?.meta.createdAtMs)
  );
}

const conflictName = ({ key, rule: { owner } }: Claim): string => `claim ${refText(owner)} ${key}`;

function conflicts(loser: Claim, winner: Claim): Refusal[] {
  if (loser.ingress === undefined || winner.ingress === undefined) return [];
  const { owner, field } = winner.rule;
  const why = seniorityText(winner.ingress, loser.ingress);
  return [
    {
      file: loser.ingress.origin.file,
      object: loser.rule.owner,
      field: loser.rule.field,
      reason: 'PathConflict',
      message: `${claimText(loser.rule)} belongs to ${refText(owner)} (${field}), which ${why}`,
    },
  ];
}

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

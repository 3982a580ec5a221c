import type { Work } from '../../base/slices.ts';
import { type Refusal, refText } from '../../model/refusal.ts';
import { type Backend, type BackendSnapshot, type Rule, sameBackend } from '../../model/snapshot.ts';
import type { ObjectReader, ObjectStep } from '../object-reader.ts';
import { type BackendName, readBackendKey } from './backend-key.ts';
import type { RuleStep } from './claim-places.ts';
import { KeyedList } from './keyed-list.ts';
import { type Missing, missingRefusal } from './missing-service.ts';
import type { TranslateOptions } from './options.ts';
import { settleRefusals } from './refusals.ts';
import { type Resolved, resolveBackend } from './resolve-backend.ts';

/** A backend that rules name. */
interface Wanted {
  readonly key: string;
  readonly name: BackendName;
  /** By place in their owner: several rules may come from one field, such as a default backend of several hosts. */
  readonly fields: Map<string, Naming>;
  resolved: Resolved | undefined;
}

interface Naming {
  rule: Rule;
  rules: number;
}

/**
 * The backends that the rules name, from Services and EndpointSlices. One whose Service, port or endpoints are missing
 * stays, without endpoints. A Service or slice that changes costs the resolving of the backends that lead to it; what
 * did not change keeps its `Backend` object.
 */
export class BackendIndex {
  readonly #objects: ObjectReader;
  readonly #options: TranslateOptions;
  readonly #refusals: Map<string, readonly Refusal[]>;
  readonly #wanted = new Map<string, Wanted>();
  readonly #ofService = new Map<string, Set<Wanted>>();
  /** Rules that name their backends from now on, and those that no longer do. */
  readonly #named: Rule[] = [];
  readonly #unnamed: Rule[] = [];
  readonly #marked = new Set<Wanted>();
  /** Services of which a backend was resolved or left. */
  readonly #judged = new Set<string>();
  readonly #sorted = new KeyedList<Backend>();
  /** Not yet in the list. */
  readonly #edits = new Map<string, Backend | undefined>();
  #snapshot: BackendSnapshot = { backends: [] };

  /** `refusals` takes what is refused now of each thing that was looked at. */
  constructor(objects: ObjectReader, options: TranslateOptions, refusals: Map<string, readonly Refusal[]>) {
    this.#objects = objects;
    this.#options = options;
    this.#refusals = refusals;
  }

  note(steps: readonly ObjectStep[]): void {
    for (const { kind, before, after } of steps) {
      if (kind === 'Service')
        this.#markService(serviceOf((before ?? after!).meta.namespace, (before ?? after!).meta.name));
      if (kind !== 'EndpointSlice') continue;
      if (before !== undefined) this.#markService(serviceOf(before.meta.namespace, before.service));
      if (after !== undefined) this.#markService(serviceOf(after.meta.namespace, after.service));
    }
  }

  /** What the rules name from now on. */
  take(steps: readonly RuleStep[]): void {
    for (const { before, after } of steps) {
      if (after !== undefined) this.#named.push(after);
      if (before !== undefined) this.#unnamed.push(before);
    }
  }

  /** All of what was noted before, with the store as it is while this runs. The same snapshot as before: nothing differs. */
  *settle(): Work<BackendSnapshot> {
    yield* this.#takeRules();
    for (const wanted of [...this.#marked]) {
      this.#resolve(wanted);
      this.#marked.delete(wanted);
      yield;
    }
    for (const service of [...this.#judged]) {
      this.#tellFaults(service);
      this.#judged.delete(service);
      yield;
    }
    if (this.#edits.size === 0) return this.#snapshot;
    this.#sorted.change(this.#edits);
    this.#edits.clear();
    this.#snapshot = { backends: this.#sorted.values };
    return this.#snapshot;
  }

  /** Names first, so that a backend which goes from one rule to another stays what it is. */
  *#takeRules(): Work<void> {
    for (let rule = this.#named.pop(); rule !== undefined; rule = this.#named.pop()) {
      this.#name(rule);
      yield;
    }
    for (let rule = this.#unnamed.pop(); rule !== undefined; rule = this.#unnamed.pop()) {
      this.#unname(rule);
      yield;
    }
  }

  #markService(service: string): void {
    for (const wanted of this.#ofService.get(service) ?? []) this.#marked.add(wanted);
  }

  #name(rule: Rule): void {
    const wanted = this.#wanted.get(rule.backend) ?? this.#want(rule.backend);
    const field = fieldName(rule);
    const naming = wanted.fields.get(field);
    if (naming === undefined) wanted.fields.set(field, { rule, rules: 1 });
    else {
      naming.rule = rule;
      naming.rules++;
    }
    if (wanted.resolved?.missing !== undefined) this.#tellMissing(field, rule, wanted.resolved.missing);
  }

  #unname(rule: Rule): void {
    const wanted = this.#wanted.get(rule.backend)!;
    const field = fieldName(rule);
    const naming = wanted.fields.get(field)!;
    if (--naming.rules > 0) return;
    wanted.fields.delete(field);
    if (wanted.resolved?.missing !== undefined) this.#refusals.set(field, []);
    if (wanted.fields.size === 0) this.#forget(wanted);
  }

  #want(key: string): Wanted {
    const wanted: Wanted = { key, name: readBackendKey(key), fields: new Map(), resolved: undefined };
    const service = serviceOf(wanted.name.namespace, wanted.name.service);
    const others = this.#ofService.get(service);
    if (others === undefined) this.#ofService.set(service, new Set([wanted]));
    else others.add(wanted);
    this.#wanted.set(key, wanted);
    this.#marked.add(wanted);
    return wanted;
  }

  #forget(wanted: Wanted): void {
    const service = serviceOf(wanted.name.namespace, wanted.name.service);
    const others = this.#ofService.get(service)!;
    others.delete(wanted);
    if (others.size === 0) this.#ofService.delete(service);
    this.#wanted.delete(wanted.key);
    this.#marked.delete(wanted);
    this.#judged.add(service);
    this.#edits.set(wanted.key, undefined);
  }

  #resolve(wanted: Wanted): void {
    const before = wanted.resolved;
    const now = resolveBackend(this.#objects, wanted.key, wanted.name, this.#options);
    const same = before !== undefined && sameBackend(before.backend, now.backend);
    wanted.resolved = same ? { ...now, backend: before.backend } : now;
    if (!same) this.#edits.set(wanted.key, now.backend);
    if (before?.missing?.message !== now.missing?.message) {
      for (const [field, { rule }] of wanted.fields) this.#tellMissing(field, rule, now.missing);
    }
    if ((before?.refusals.length ?? 0) + now.refusals.length > 0) {
      this.#judged.add(serviceOf(wanted.name.namespace, wanted.name.service));
    }
  }

  #tellMissing(field: string, rule: Rule, missing: Missing | undefined): void {
    this.#refusals.set(field, missing === undefined ? [] : [missingRefusal(rule, missing, this.#objects)]);
  }

  /** Of a Service and its slices, whichever of its backends found them. */
  #tellFaults(service: string): void {
    const faults = [...(this.#ofService.get(service) ?? [])].flatMap(({ resolved }) => resolved?.refusals ?? []);
    this.#refusals.set(`Service ${service}`, settleRefusals(faults));
  }
}

const serviceOf = (namespace: string, service: string): string => `${namespace}/${service}`;

const fieldName = ({ owner, field, backend }: Rule): string => `field ${refText(owner)} ${field} ${backend}`;

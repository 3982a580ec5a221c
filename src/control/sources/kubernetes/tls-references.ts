import type { Clock } from '../../../base/clock.ts';
import type { Ingress, IngressTls } from '../../../model/objects.ts';
import { type ObjectRef, type Refusal, refText } from '../../../model/refusal.ts';
import type { ObjectReader, StoreChange } from '../../object-reader.ts';
import type { RefusalLedger } from '../../refusal-ledger.ts';
import { standingOf } from '../../translate/ingress-standing.ts';
import type { TranslateOptions } from '../../translate/options.ts';
import { certificateProblem } from './certificate-problem.ts';
import type { SecretName } from './secret-reader.ts';
import type { WatchedObject } from './watched-object.ts';

export interface TlsParts {
  readonly store: ObjectReader & { onChange(listener: (change: StoreChange) => void): void };
  readonly ledger: Pick<RefusalLedger, 'change'>;
  readonly options: TranslateOptions;
  readonly clock: Clock;
  /** What is known of a Secret; 'unknown' while nobody could say. */
  readonly find: (name: SecretName) => WatchedObject | 'missing' | 'unknown';
  /** The first Ingress of ours names it, and the last one no longer does. */
  readonly want: (name: SecretName) => void;
  readonly forget: (name: SecretName) => void;
}

/** A certificate takes about a millisecond, and ten thousand may come at once. */
const SLICE_MS = 8;

/** Which Secrets the Ingresses that are ours name, and what is wrong with those. */
export class TlsReferences {
  readonly #parts: TlsParts;
  /** Ingress → its references; none of those that have none. */
  readonly #uses = new Map<string, Ingress>();
  /** Secret → the Ingresses that name it. */
  readonly #users = new Map<string, Set<string>>();
  readonly #dirty = new Set<string>();
  readonly #refused = new Set<string>();
  #planned = false;

  constructor(parts: TlsParts) {
    this.#parts = parts;
    parts.store.onChange((change) => this.#look(change));
  }

  /** Another thing is known of a Secret than before. */
  secretChanged(name: SecretName): void {
    for (const user of this.#users.get(keyOfSecret(name)) ?? []) this.#mark(user);
  }

  /** Secrets of which nothing was known may be known to be missing now. */
  lookAgain(): void {
    for (const user of this.#uses.keys()) this.#mark(user);
  }

  /** Nothing waits to be looked at. */
  get settled(): boolean {
    return this.#dirty.size === 0;
  }

  #look({ kinds, steps }: StoreChange): void {
    if (kinds.has('IngressClass')) return this.#lookAtAll(steps);
    for (const step of steps) if (step.kind === 'Ingress') this.#lookAt(step.before, step.after);
  }

  /** A class may make any Ingress ours, or another's. */
  #lookAtAll(steps: StoreChange['steps']): void {
    for (const step of steps)
      if (step.kind === 'Ingress' && step.after === undefined) this.#lookAt(step.before, undefined);
    for (const ingress of this.#parts.store.list('Ingress')) this.#lookAt(ingress, ingress);
  }

  #lookAt(before: Ingress | undefined, after: Ingress | undefined): void {
    const key = keyOfIngress((after ?? before) as Ingress);
    const old = this.#uses.get(key);
    const now = after !== undefined && after.tls.length > 0 && this.#isOurs(after) ? after : undefined;
    if (old === now) return;
    if (now === undefined) this.#uses.delete(key);
    else this.#uses.set(key, now);
    // The new ones first, so that a Secret that stands in both is not forgotten.
    for (const name of namesOf(now)) this.#use(name, key);
    const kept = new Set(namesOf(now).map(keyOfSecret));
    for (const name of namesOf(old)) if (!kept.has(keyOfSecret(name))) this.#drop(name, key);
    this.#mark(key);
  }

  #isOurs(ingress: Ingress): boolean {
    return standingOf(ingress, this.#parts.store, this.#parts.options) === 'ours';
  }

  #use(name: SecretName, user: string): void {
    const key = keyOfSecret(name);
    const users = this.#users.get(key);
    if (users !== undefined) return void users.add(user);
    this.#users.set(key, new Set([user]));
    this.#parts.want(name);
  }

  #drop(name: SecretName, user: string): void {
    const key = keyOfSecret(name);
    const users = this.#users.get(key);
    if (users?.delete(user) !== true || users.size > 0) return;
    this.#users.delete(key);
    this.#parts.forget(name);
  }

  #mark(user: string): void {
    this.#dirty.add(user);
    if (this.#planned) return;
    this.#planned = true;
    this.#parts.clock.after(0, () => this.#judgeSlice());
  }

  #judgeSlice(): void {
    this.#planned = false;
    const { clock, ledger } = this.#parts;
    const until = clock.now() + SLICE_MS;
    const groups = new Map<string, readonly Refusal[]>();
    for (const key of this.#dirty) {
      if (clock.now() > until) break;
      this.#dirty.delete(key);
      const refusals = this.#judge(this.#uses.get(key));
      if (refusals.length > 0) this.#refused.add(key);
      else if (!this.#refused.delete(key)) continue;
      groups.set(key, refusals);
    }
    if (groups.size > 0) ledger.change('tls', groups);
    const [more] = this.#dirty;
    if (more !== undefined) this.#mark(more);
  }

  #judge(ingress: Ingress | undefined): readonly Refusal[] {
    if (ingress === undefined) return [];
    return ingress.tls.flatMap((tls) => this.#refusalOf(ingress, tls) ?? []);
  }

  #refusalOf({ meta, origin }: Ingress, { field, secretName }: IngressTls): Refusal | undefined {
    const found = this.#parts.find({ namespace: meta.namespace, name: secretName });
    if (found === 'unknown') return undefined;
    const object: ObjectRef = { kind: 'Ingress', namespace: meta.namespace, name: meta.name };
    const secret = `Secret ${meta.namespace}/${secretName}`;
    if (found === 'missing') {
      const message = `${secret} does not exist`;
      return { file: origin.file, object, field, reason: 'SecretMissing', message };
    }
    const problem = found.object?.kind === 'Secret' ? certificateProblem(found.object) : found.refusals[0]?.message;
    if (problem === undefined) return undefined;
    return {
      file: origin.file,
      object,
      field,
      reason: 'SecretInvalid',
      message: `${secret} cannot be used: ${problem}`,
    };
  }
}

const keyOfIngress = ({ meta }: Ingress): string =>
  refText({ kind: 'Ingress', namespace: meta.namespace, name: meta.name });

const keyOfSecret = ({ namespace, name }: SecretName): string => `${namespace}/${name}`;

/** Each once. */
function namesOf(ingress: Ingress | undefined): readonly SecretName[] {
  if (ingress === undefined) return [];
  const names = new Set(ingress.tls.map(({ secretName }) => secretName));
  return [...names].map((name) => ({ namespace: ingress.meta.namespace, name }));
}

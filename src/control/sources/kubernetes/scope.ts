import type { Clock } from '../../../base/clock.ts';
import type { Dice } from '../../../base/dice.ts';
import { type ObjectRef, refText } from '../../../model/refusal.ts';
import type { Log } from '../../../observe/log.ts';
import type { ClusterApi } from '../../cluster/api.ts';
import { Reflector } from './reflector.ts';
import type { Delta, ReflectorReport } from './reflector-parts.ts';
import { type WatchedKind, weightOf } from './watched-kinds.ts';
import { type WatchedObject, watchedObject } from './watched-object.ts';

export interface ScopeParts {
  readonly api: ClusterApi;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
  /** Objects keep their text for a state file. */
  readonly lines: boolean;
  /** What changed after `pass`. */
  readonly take: (put: readonly WatchedObject[], remove: readonly ObjectRef[]) => void;
  /** Something was listed, or a state is another one. */
  readonly stirred: () => void;
}

export interface KindReport {
  readonly kind: WatchedKind;
  readonly report: ReflectorReport;
}

/**
 * The kinds of one namespace, or of the whole cluster. What is read is held back until all of it is there, so that an
 * Ingress is never served without its Services.
 */
export class Scope {
  /** undefined: the whole cluster. */
  readonly namespace: string | undefined;
  readonly #parts: ScopeParts;
  readonly #reflectors: readonly { readonly kind: WatchedKind; readonly reflector: Reflector<WatchedObject> }[];
  /** What is held back; undefined from `pass` on. */
  #waiting: Map<string, WatchedObject> | undefined = new Map();
  #stopped = false;

  constructor(namespace: string | undefined, kinds: readonly WatchedKind[], parts: ScopeParts) {
    this.namespace = namespace;
    this.#parts = parts;
    this.#reflectors = kinds.map((kind) => ({ kind, reflector: this.#reflect(kind) }));
  }

  start(): void {
    for (const { reflector } of this.#reflectors) reflector.start();
  }

  /** Nothing is told any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#reflectors.map(({ reflector }) => reflector.stop()));
  }

  /** Every kind has been listed, or is one that need not be there and is not. */
  get whole(): boolean {
    return this.reports().every(({ kind, report }) => report.synced || (!kind.required && isMissing(report)));
  }

  /** Something that is needed may not be read. */
  get barred(): boolean {
    return this.reports().some(({ kind, report }) => kind.required && !report.synced && isMissing(report));
  }

  /** Something that is needed could not be had. */
  get failing(): boolean {
    return this.reports().some(({ kind, report }) => kind.required && !report.synced && report.errors > 0);
  }

  /** What is held back. */
  waiting(): Iterable<WatchedObject> {
    return this.#waiting?.values() ?? [];
  }

  get passing(): boolean {
    return this.#waiting === undefined;
  }

  /** All that was held back; from here on each change is told. */
  pass(): readonly WatchedObject[] {
    const waiting = [...this.waiting()];
    this.#waiting = undefined;
    return waiting;
  }

  reports(): readonly KindReport[] {
    return this.#reflectors.map(({ kind, reflector }) => ({ kind, report: reflector.report() }));
  }

  #reflect(kind: WatchedKind): Reflector<WatchedObject> {
    const { api, clock, dice, log, lines, stirred } = this.#parts;
    const { resource, labelSelector, fieldSelector } = kind;
    return new Reflector<WatchedObject>({
      ...{ api, resource, namespace: this.namespace, labelSelector, fieldSelector, clock, dice, log },
      keep: (raw) => watchedObject(raw, resource, lines),
      weigh: ({ object }) => weightOf(object),
      sink: { apply: (delta) => this.#apply(resource.kind, delta) },
      onState: stirred,
    });
  }

  #apply(kind: string, { put, remove }: Delta<WatchedObject>): void {
    if (this.#stopped) return;
    const gone = remove.map(({ namespace, name }) => ({ kind, namespace, name }));
    if (this.#waiting === undefined) return this.#parts.take(put, gone);
    for (const ref of gone) this.#waiting.delete(refText(ref));
    for (const watched of put) this.#waiting.set(watched.key, watched);
  }
}

export const isMissing = ({ state }: ReflectorReport): boolean => state === 'absent' || state === 'forbidden';

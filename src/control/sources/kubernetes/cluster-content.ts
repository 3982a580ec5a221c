import type { KubeObject } from '../../../model/objects.ts';
import { type ObjectRef, type Refusal, refText } from '../../../model/refusal.ts';
import type { ObjectStore } from '../../object-store.ts';
import type { RefusalLedger } from '../../refusal-ledger.ts';
import type { WatchedObject } from './watched-object.ts';

export interface ContentParts {
  readonly store: Pick<ObjectStore, 'apply'>;
  readonly ledger: Pick<RefusalLedger, 'change'>;
  /** After the store has heard of it: which objects are others now. Never of none. */
  readonly changed: (refs: readonly ObjectRef[]) => void;
}

/** Everything that counts now, of all kinds and namespaces, refused objects too; keeps store and ledger in step with it. */
export class ClusterContent {
  readonly #parts: ContentParts;
  readonly #held = new Map<string, WatchedObject>();

  constructor(parts: ContentParts) {
    this.#parts = parts;
  }

  get(ref: ObjectRef): WatchedObject | undefined {
    return this.#held.get(refText(ref));
  }

  all(): Iterable<WatchedObject> {
    return this.#held.values();
  }

  /** The cost is that of what is named. An object of which nothing that we read has changed keeps its identity. */
  take(put: Iterable<WatchedObject>, remove: Iterable<ObjectRef>): void {
    const step = new Step();
    for (const ref of remove) this.#remove(refText(ref), ref, step);
    for (const watched of put) this.#put(watched, step);
    this.#tell(step);
  }

  /** These objects and no others, in one change; but kinds of which `isApart` is true stay as they are. */
  replace(all: readonly WatchedObject[], isApart: (kind: string) => boolean): void {
    const keys = new Set(all.map(({ key }) => key));
    this.take(
      all,
      this.#refs(({ key, ref }) => !keys.has(key) && !isApart(ref.kind)),
    );
  }

  removeNamespace(namespace: string): void {
    this.take(
      [],
      this.#refs(({ ref }) => ref.namespace === namespace),
    );
  }

  #refs(choose: (watched: WatchedObject) => boolean): readonly ObjectRef[] {
    return [...this.#held.values()].filter(choose).map(({ ref }) => ref);
  }

  #remove(key: string, ref: ObjectRef, step: Step): void {
    const before = this.#held.get(key);
    if (before === undefined) return;
    this.#held.delete(key);
    step.changed.set(key, ref);
    if (before.object !== undefined) step.gone.set(key, ref);
    if (before.refusals.length > 0) step.refusals.set(key, []);
  }

  #put(watched: WatchedObject, step: Step): void {
    const { key } = watched;
    const before = this.#held.get(key);
    if (before?.text === watched.text) return;
    this.#held.set(key, watched);
    step.changed.set(key, watched.ref);
    if (watched.object !== undefined) step.put.set(key, watched.object);
    else if (before?.object !== undefined) step.gone.set(key, watched.ref);
    // What is wrong with a Secret is told where an Ingress asks for it.
    if (watched.ref.kind === 'Secret') return;
    if (watched.refusals.length + (before?.refusals.length ?? 0) > 0) step.refusals.set(key, watched.refusals);
  }

  #tell({ put, gone, refusals, changed }: Step): void {
    if (refusals.size > 0) this.#parts.ledger.change('kubernetes', refusals);
    if (put.size + gone.size > 0) this.#parts.store.apply({ put: [...put.values()], remove: [...gone.values()] });
    if (changed.size > 0) this.#parts.changed([...changed.values()]);
  }
}

/** What one change makes different. */
class Step {
  readonly put = new Map<string, KubeObject>();
  readonly gone = new Map<string, ObjectRef>();
  readonly refusals = new Map<string, readonly Refusal[]>();
  readonly changed = new Map<string, ObjectRef>();
}

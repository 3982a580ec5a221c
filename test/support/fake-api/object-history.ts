import { randomUUID } from 'node:crypto';
import type { Raw, Stored } from './raw.ts';

export interface Change {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Stored;
  /** What stood there before; undefined for ADDED. */
  readonly before: Stored | undefined;
}

export interface Backup {
  readonly revision: number;
  readonly objects: ReadonlyMap<string, Stored>;
  readonly changes: readonly Change[];
}

export const keyOf = (kind: string, namespace: string | undefined, name: string): string =>
  `${kind} ${namespace ?? ''}/${name}`;

const keyOfObject = ({ kind, metadata }: Stored): string => keyOf(kind, metadata.namespace, metadata.name);

/** Objects, their one counter of revisions, and what happened since it was last compacted. Nothing in it is changed in place. */
export class ObjectHistory {
  #revision = 1000;
  #objects = new Map<string, Stored>();
  #changes: Change[] = [];
  #compactedAt = 0;
  readonly #listeners = new Set<(change: Change) => void>();

  get revision(): number {
    return this.#revision;
  }

  /** Versions up to here are gone. */
  get compactedAt(): number {
    return this.#compactedAt;
  }

  get(key: string): Stored | undefined {
    return this.#objects.get(key);
  }

  ofKind(kind: string): Stored[] {
    return [...this.#objects.values()].filter((object) => object.kind === kind).sort(byKey);
  }

  /** As it was after this revision; made from the changes since. */
  ofKindAt(kind: string, revision: number): Stored[] {
    const objects = new Map(this.ofKind(kind).map((object) => [keyOfObject(object), object]));
    for (const { revision: at, object, before } of [...this.#changes].reverse()) {
      if (at <= revision) break;
      if (object.kind !== kind) continue;
      if (before === undefined) objects.delete(keyOfObject(object));
      else objects.set(keyOfObject(object), before);
    }
    return [...objects.values()].sort(byKey);
  }

  since(revision: number): Change[] {
    return this.#changes.filter((change) => change.revision > revision);
  }

  put(raw: Raw & { readonly apiVersion: string }): Stored {
    const name = raw.metadata.name as string;
    const before = this.#objects.get(keyOf(raw.kind, raw.metadata.namespace, name));
    this.#revision++;
    const isNewSpec = before === undefined || JSON.stringify(before.spec) !== JSON.stringify(raw.spec);
    const object: Stored = {
      ...raw,
      metadata: {
        ...raw.metadata,
        name,
        uid: before?.metadata.uid ?? randomUUID(),
        resourceVersion: String(this.#revision),
        creationTimestamp: before?.metadata.creationTimestamp ?? timestamp(raw),
        generation: (before?.metadata.generation ?? 0) + (isNewSpec ? 1 : 0),
      },
    };
    this.#objects.set(keyOfObject(object), object);
    this.#happen({ revision: this.#revision, type: before === undefined ? 'ADDED' : 'MODIFIED', object, before });
    return object;
  }

  remove(key: string): Stored | undefined {
    const before = this.#objects.get(key);
    if (before === undefined) return undefined;
    this.#objects.delete(key);
    this.#revision++;
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(this.#revision) } };
    this.#happen({ revision: this.#revision, type: 'DELETED', object, before });
    return object;
  }

  /** Versions up to now cannot be listed or watched from any more. */
  compact(): void {
    this.#compactedAt = this.#revision;
    this.#changes = [];
  }

  backup(): Backup {
    return { revision: this.#revision, objects: new Map(this.#objects), changes: [...this.#changes] };
  }

  /** The server is as it was; its counter too. */
  restore({ revision, objects, changes }: Backup): void {
    this.#revision = revision;
    this.#objects = new Map(objects);
    this.#changes = [...changes];
    this.#compactedAt = Math.min(this.#compactedAt, revision);
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #happen(change: Change): void {
    this.#changes.push(change);
    for (const listener of this.#listeners) listener(change);
  }
}

const timestamp = (raw: Raw): string =>
  typeof raw.metadata.creationTimestamp === 'string'
    ? raw.metadata.creationTimestamp
    : new Date().toISOString().replace(/\.\d+Z/, 'Z');

/** As etcd orders them. */
const byKey = (a: Stored, b: Stored): number => (keyOfObject(a) < keyOfObject(b) ? -1 : 1);

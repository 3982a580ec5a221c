import type { ApiAnswer, ClusterApi } from '../cluster/api.ts';
import { collectionPath, objectPath, resources } from '../cluster/resources.ts';
import { type LeaseRecord, type RawLease, withRecord } from './lease-record.ts';

export interface LeaseDoorParts {
  readonly api: ClusterApi;
  readonly namespace: string;
  readonly name: string;
}

/** One Lease at the API server. A write carries the version of `lease`, so it fails when that is not the newest. */
export class LeaseDoor {
  readonly #parts: LeaseDoorParts;
  #lease: RawLease | undefined;
  /** Of the last Lease there was: what was noted on one that somebody deleted goes onto the next. */
  #annotations: Readonly<Record<string, string>> = {};

  constructor(parts: LeaseDoorParts) {
    this.#parts = parts;
  }

  /** As last read or written; undefined: there is none. */
  get lease(): RawLease | undefined {
    return this.#lease;
  }

  set lease(lease: RawLease | undefined) {
    this.#lease = lease;
    if (lease !== undefined) this.#annotations = lease.metadata?.annotations ?? {};
  }

  get text(): string {
    return `${this.#parts.namespace}/${this.#parts.name}`;
  }

  read(timeoutMs: number, signal: AbortSignal): Promise<ApiAnswer> {
    return this.#parts.api.call({ method: 'GET', path: this.#path, timeoutMs, signal });
  }

  /** Keeps what others wrote there; `notes` are annotations. */
  write(record: LeaseRecord, notes: ReadonlyMap<string, string>, timeoutMs: number): Promise<ApiAnswer> {
    const { api, namespace, name } = this.#parts;
    const before = this.lease ?? { metadata: { name, namespace, annotations: this.#annotations } };
    const body = withRecord(before, record, Object.fromEntries(notes));
    if (this.lease !== undefined) return api.call({ method: 'PUT', path: this.#path, body, timeoutMs });
    return api.call({ method: 'POST', path: collectionPath(resources.lease, namespace), body, timeoutMs });
  }

  get #path(): string {
    return objectPath(resources.lease, this.#parts.namespace, this.#parts.name);
  }
}

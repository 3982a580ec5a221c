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
  /** As last read or written; undefined: there is none. */
  lease: RawLease | undefined;

  constructor(parts: LeaseDoorParts) {
    this.#parts = parts;
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
    const body = withRecord(this.lease ?? { metadata: { name, namespace } }, record, Object.fromEntries(notes));
    if (this.lease !== undefined) return api.call({ method: 'PUT', path: this.#path, body, timeoutMs });
    return api.call({ method: 'POST', path: collectionPath(resources.lease, namespace), body, timeoutMs });
  }

  get #path(): string {
    return objectPath(resources.lease, this.#parts.namespace, this.#parts.name);
  }
}

import type { BackendPolicy } from '../../model/backend-policy.ts';
import type { EndpointTable } from '../../table/endpoint-table.ts';
import { isAvailable } from '../../table/health-words.ts';
import { EndpointState } from './endpoint-state.ts';

/** One backend as lived by one shard: the prepared list that requests pick from. */
export interface BackendState {
  readonly key: string;
  /** `EndpointTable.revisionOf` when the list was made. */
  readonly revision: number;
  readonly policy: BackendPolicy;
  readonly endpoints: readonly EndpointState[];
  /** Turns of the round robin so far. */
  turn: number;
}

/**
 * Round robin over the endpoints that no shard has marked out. When all of them are marked the mark is doubted, not
 * the whole backend: picks go on as if nothing were marked. `not` is an endpoint that has just failed: never picked.
 */
export function pick(
  backend: BackendState,
  health: Int32Array,
  moment: number,
  not?: EndpointState,
): EndpointState | undefined {
  const { endpoints } = backend;
  let fallback: EndpointState | undefined;
  for (let i = 0; i < endpoints.length; i++) {
    const endpoint = endpoints[backend.turn++ % endpoints.length] as EndpointState;
    if (endpoint === not) continue;
    if (isAvailable(health, endpoint.slot, moment)) return endpoint;
    fallback ??= endpoint;
  }
  return fallback;
}

/**
 * The backends this shard has used. A list is made on first use and again when the backend's revision changes, so a
 * shard holds no copy of the endpoints of ten thousand backends, and a pick reads no shared bytes.
 */
export class Backends {
  #table: EndpointTable | undefined;
  readonly #backends = new Map<number, BackendState>();
  readonly #endpoints = new Map<string, EndpointState>();

  adopt(table: EndpointTable): void {
    this.#table = table;
    for (const [id, old] of this.#backends) {
      const revision = table.revisionOf(id);
      if (revision === old.revision) continue;
      if (revision === 0) this.#backends.delete(id);
      else this.#backends.set(id, this.#make(id, table));
      this.#release(old);
    }
  }

  get(id: number): BackendState {
    const known = this.#backends.get(id);
    if (known !== undefined) return known;
    const made = this.#make(id, this.#table as EndpointTable);
    this.#backends.set(id, made);
    return made;
  }

  /** Ends every connection that waits; called when the shard leaves. */
  closeIdle(): void {
    for (const endpoint of this.#endpoints.values()) endpoint.closeIdle();
  }

  #make(id: number, table: EndpointTable): BackendState {
    const endpoints = table.endpointsOf(id).map(({ address, port, slot }) => this.#endpoint(address, port, slot));
    for (const endpoint of endpoints) endpoint.listed++;
    return { key: table.keyOf(id), revision: table.revisionOf(id), policy: table.policyOf(id), endpoints, turn: 0 };
  }

  #endpoint(address: string, port: number, slot: number): EndpointState {
    const key = `${address} ${port} ${slot}`;
    let endpoint = this.#endpoints.get(key);
    if (endpoint === undefined) {
      endpoint = new EndpointState(address, port, slot);
      this.#endpoints.set(key, endpoint);
    }
    return endpoint;
  }

  #release(backend: BackendState): void {
    for (const endpoint of backend.endpoints) {
      if (--endpoint.listed > 0) continue;
      this.#endpoints.delete(`${endpoint.address} ${endpoint.port} ${endpoint.slot}`);
      endpoint.closeIdle();
    }
  }
}

import type { BackendPolicy } from '../../model/backend-policy.ts';
import type { EndpointTable } from '../../table/endpoint-table.ts';
import { EndpointState } from './endpoint-state.ts';
import { CookieAffinity } from './pick/cookie-affinity.ts';
import { EndpointList } from './pick/endpoint-list.ts';
import { newPicker, type PickerTools } from './pick/new-picker.ts';
import type { Picker } from './pick/picker.ts';
import { RetryBudget } from './retry-budget.ts';

/** One backend as lived by one shard: its policy over a prepared list. */
export interface BackendState {
  /** In the tables; another backend's some day. */
  readonly id: number;
  readonly key: string;
  /** `EndpointTable.revisionOf` when the list was made. */
  readonly revision: number;
  readonly policy: BackendPolicy;
  readonly endpoints: readonly EndpointState[];
  readonly budget: RetryBudget;
  readonly picker: Picker;
  /** The picker, where it goes by cookies. */
  readonly affinity: CookieAffinity | undefined;
}

export interface BackendParts extends Omit<BackendState, 'picker' | 'affinity'> {
  /** In the order of the endpoints. */
  readonly weights: readonly number[];
}

export function newBackendState({ weights, ...parts }: BackendParts, tools: PickerTools): BackendState {
  const picker = newPicker(new EndpointList(parts.endpoints, weights), parts.policy.balancing, tools);
  return { ...parts, picker, affinity: picker instanceof CookieAffinity ? picker : undefined };
}

/**
 * The backends this shard has used. A list is made on first use and again when the backend's revision changes, so a
 * shard holds no copy of the endpoints of ten thousand backends, and a pick reads no shared bytes.
 */
export class Backends {
  readonly #tools: PickerTools;
  #table: EndpointTable | undefined;
  readonly #backends = new Map<number, BackendState>();
  readonly #endpoints = new Map<string, EndpointState>();

  constructor(tools: PickerTools) {
    this.#tools = tools;
  }

  adopt(table: EndpointTable): void {
    this.#table = table;
    for (const [id, old] of this.#backends) {
      const revision = table.revisionOf(id);
      if (revision === old.revision) continue;
      if (revision === 0) this.#backends.delete(id);
      else this.#backends.set(id, this.#make(id, table, old.budget));
      this.#release(old);
    }
  }

  get(id: number): BackendState {
    const known = this.#backends.get(id);
    if (known !== undefined) return known;
    const made = this.#make(id, this.#table as EndpointTable, new RetryBudget());
    this.#backends.set(id, made);
    return made;
  }

  /** The same backend as it is now. One that is gone stays as it was. */
  current(backend: BackendState): BackendState {
    const now = this.#backends.get(backend.id);
    return now?.key === backend.key ? now : backend;
  }

  /** Ends every connection that waits; called when the shard leaves. */
  closeIdle(): void {
    for (const endpoint of this.#endpoints.values()) endpoint.closeIdle();
  }

  #make(id: number, table: EndpointTable, budget: RetryBudget): BackendState {
    const records = table.endpointsOf(id);
    const endpoints = records.map(({ address, port, slot }) => this.#endpoint(address, port, slot));
    const weights = records.map(({ weight }) => weight);
    for (const endpoint of endpoints) endpoint.listed++;
    const policy = table.policyOf(id);
    return newBackendState(
      { id, key: table.keyOf(id), revision: table.revisionOf(id), policy, endpoints, weights, budget },
      this.#tools,
    );
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
      endpoint.retire();
    }
  }
}

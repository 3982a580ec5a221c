import type { ApiAnswer, ApiRequest, ClusterApi } from '../../src/control/cluster/api.ts';
import type { RawLease } from '../../src/control/leader/lease-record.ts';

type Kept = RawLease & { metadata: { name: string; resourceVersion: string; annotations?: Record<string, string> } };

const answer = (status: number, body?: unknown): ApiAnswer => ({ status, body, retryAfterMs: undefined });

/** Leases in memory, with the versions and the 409 of a real API server. */
export class LeaseServer implements ClusterApi {
  readonly requests: ApiRequest[] = [];
  readonly #leases = new Map<string, Kept>();
  readonly #listeners: ((lease: RawLease | undefined) => void)[] = [];
  #version = 0;
  /** Asked first; what it gives is the answer, an error is thrown. */
  fault: (request: ApiRequest) => ApiAnswer | Error | undefined = () => undefined;

  async call(request: ApiRequest): Promise<ApiAnswer> {
    this.requests.push(request);
    const fault = this.fault(request);
    if (fault instanceof Error) throw fault;
    return fault ?? this.serve(request);
  }

  stream(): never {
    throw new Error('leases in memory are not streamed');
  }

  /** Without a fault, at once. */
  serve({ method, path, body }: ApiRequest): ApiAnswer {
    const name = method === 'POST' ? (body as Kept).metadata.name : (path.split('/').at(-1) as string);
    const kept = this.#leases.get(name);
    if (method === 'POST') return kept === undefined ? answer(201, this.#keep(name, body as Kept)) : answer(409);
    if (kept === undefined) return answer(404);
    if (method === 'GET') return answer(200, structuredClone(kept));
    if ((body as Kept).metadata.resourceVersion !== kept.metadata.resourceVersion) return answer(409);
    return answer(200, this.#keep(name, body as Kept));
  }

  get(name: string): Kept | undefined {
    return this.#leases.get(name);
  }

  /** Somebody else's hand. */
  edit(name: string, spec: RawLease['spec'], annotations: Record<string, string> = {}): void {
    const { metadata, spec: before } = this.#leases.get(name) as Kept;
    this.#keep(name, { metadata: { ...metadata, annotations }, spec: { ...before, ...spec } });
  }

  delete(name: string): void {
    this.#leases.delete(name);
    for (const tell of this.#listeners) tell(undefined);
  }

  readonly follow = (tell: (lease: RawLease | undefined) => void) => {
    this.#listeners.push(tell);
    return { stop: async () => void this.#listeners.splice(this.#listeners.indexOf(tell), 1) };
  };

  #keep(name: string, lease: Kept): Kept {
    const kept = structuredClone(lease);
    kept.metadata = { ...kept.metadata, resourceVersion: String(++this.#version) };
    this.#leases.set(name, kept);
    for (const tell of this.#listeners) tell(structuredClone(kept));
    return structuredClone(kept);
  }
}

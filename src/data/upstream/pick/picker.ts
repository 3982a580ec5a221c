import type { RequestHead } from '../../http1/request-head.ts';
import type { ClientFacts } from '../../seam.ts';
import type { EndpointState } from '../endpoint-state.ts';

/**
 * One policy over the endpoints of one backend, as one shard lives it. A pick allocates nothing and, while the endpoint
 * that it comes upon is in, costs the same however many there are.
 */
export interface Picker {
  /** `not` has just failed this request and is not picked again. Undefined: there is nothing to pick. */
  pick(
    head: RequestHead,
    client: ClientFacts,
    health: Int32Array,
    moment: number,
    not: EndpointState | undefined,
  ): EndpointState | undefined;
}

import type { Endpoint } from '../../model/snapshot.ts';
import { endpointText } from '../../model/snapshot.ts';
import { byText } from './seniority.ts';

/** Sorted by address, then port, each once: equal endpoints give equal snapshots. */
export function settleEndpoints(endpoints: readonly Endpoint[]): Endpoint[] {
  const byKey = new Map(endpoints.map((endpoint) => [endpointText(endpoint), endpoint]));
  return [...byKey.values()].sort((a, b) => byText(a.address, b.address) || a.port - b.port);
}

import type { Endpoint } from '../../model/snapshot.ts';
import { endpointText } from '../../model/snapshot.ts';
import { byText } from './seniority.ts';

/**
 * Sorted by address, then port, each once: equal endpoints give equal snapshots. One that is listed with several
 * weights has the largest.
 */
export function settleEndpoints(endpoints: readonly Endpoint[]): Endpoint[] {
  const byKey = new Map<string, Endpoint>();
  for (const endpoint of endpoints) {
    const key = endpointText(endpoint);
    if (endpoint.weight > (byKey.get(key)?.weight ?? 0)) byKey.set(key, endpoint);
  }
  return [...byKey.values()].sort((a, b) => byText(a.address, b.address) || a.port - b.port);
}

import type { Meta, Origin } from '../../../model/objects.ts';
import { quoted } from '../../../model/quoted.ts';
import type { Endpoint } from '../../../model/snapshot.ts';
import { plainAddress } from './addresses.ts';
import type { Refuse } from './kind-reader.ts';

const ANNOTATION = 'komainu.dev/endpoints';
const FIELD = `metadata.annotations["${ANNOTATION}"]`;
const RULE = 'is no endpoint: it must be an IP address and a port, 127.0.0.1:3000 or [::1]:3000';

/**
 * `127.0.0.1:3000, [::1]:3000` on a Service in a folder: it needs no EndpointSlice then. In a cluster whoever may write
 * a Service could reach any address with it, so there it is refused.
 */
export function readNamedEndpoints(meta: Meta, origin: Origin, refuse: Refuse): readonly Endpoint[] | undefined {
  const written = meta.annotations[ANNOTATION];
  if (written === undefined) return undefined;
  if (!origin.folder) {
    refuse({ field: FIELD, message: `${ANNOTATION} counts only in a folder of manifests` }, 'EndpointInvalid');
    return undefined;
  }
  const endpoints: Endpoint[] = [];
  for (const entry of written.split(',').map((part) => part.trim())) {
    const endpoint = readEntry(entry);
    if (endpoint !== undefined) endpoints.push(endpoint);
    else refuse({ field: FIELD, message: `${quoted(entry)} ${RULE}` }, 'EndpointInvalid');
  }
  return endpoints;
}

function readEntry(entry: string): Endpoint | undefined {
  const [, ipv6, ipv4, digits] = /^(?:\[([^\]]{1,60})\]|([^:]{1,15})):(\d{1,5})$/.exec(entry) ?? [];
  const address = ipv6 === undefined ? plainAddress(ipv4 ?? '', 4) : plainAddress(ipv6, 6);
  const port = Number(digits);
  return address !== undefined && port >= 1 && port <= 65_535 ? { address, port, weight: 1 } : undefined;
}

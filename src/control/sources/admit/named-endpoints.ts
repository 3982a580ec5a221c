import type { Meta, Origin } from '../../../model/objects.ts';
import { quoted } from '../../../model/quoted.ts';
import type { Endpoint } from '../../../model/snapshot.ts';
import { plainAddress } from './addresses.ts';
import { annotationField } from './annotations.ts';
import type { Refuse } from './kind-reader.ts';
import { readWeight } from './weight.ts';

const ANNOTATION = 'komainu.dev/endpoints';
const FIELD = annotationField(ANNOTATION);
const RULE = 'is no endpoint: it must be an IP address and a port, 127.0.0.1:3000 or [::1]:3000';
const OPTION_RULE = 'is not understood behind an endpoint: weight=3 is';

/**
 * `127.0.0.1:3000, [::1]:3000 weight=3` on a Service in a folder: it needs no EndpointSlice then. In a cluster whoever may write
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
    const [place = '', ...options] = entry.split(/\s+/);
    const endpoint = readPlace(place);
    if (endpoint === undefined) refuseEntry(refuse, entry, RULE);
    else endpoints.push({ ...endpoint, weight: readOptions(options, refuse) });
  }
  return endpoints;
}

function readPlace(text: string): Omit<Endpoint, 'weight'> | undefined {
  const [, ipv6, ipv4, digits] = /^(?:\[([^\]]{1,60})\]|([^:]{1,15})):(\d{1,5})$/.exec(text) ?? [];
  const address = ipv6 === undefined ? plainAddress(ipv4 ?? '', 4) : plainAddress(ipv6, 6);
  const port = Number(digits);
  return address !== undefined && port >= 1 && port <= 65_535 ? { address, port } : undefined;
}

/** What is wrong here does not make the endpoint unknown: it keeps the weight 1. */
function readOptions(options: readonly string[], refuse: Refuse): number {
  let found = 1;
  for (const option of options) {
    const weight = option.startsWith('weight=') ? readWeight(option.slice(7)) : { wrong: OPTION_RULE };
    if (typeof weight === 'number') found = weight;
    else refuseEntry(refuse, option, weight.wrong);
  }
  return found;
}

const refuseEntry = (refuse: Refuse, written: string, rule: string): void =>
  refuse({ field: FIELD, message: `${quoted(written)} ${rule}` }, 'EndpointInvalid');

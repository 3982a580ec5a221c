import type { Balancing } from '../../../model/backend-policy.ts';
import { clientAddress, type TrustedProxies } from '../../forward/client-address.ts';
import { LOWER } from '../../http1/byte-classes.ts';
import type { RequestHead } from '../../http1/request-head.ts';
import type { ClientFacts } from '../../seam.ts';
import { hashBytes, hashText } from './key-hash.ts';
import { NamedLines } from './named-lines.ts';

/** The request has nothing to be told by. */
export const NO_KEY = -1;

/** What tells requests apart that are to go to different endpoints, as a hash of 32 bits; or NO_KEY. */
export type RequestKey = (head: RequestHead, client: ClientFacts) => number;

/** The readers take the Host line out of the lines that go on. */
const HOST = 'host';

export function requestKey({ kind, name }: Balancing, trusted: TrustedProxies): RequestKey {
  if (kind === 'hash-address') return (head, client) => hashText(clientAddress(head, client, trusted));
  if (name === HOST) return hostKey;
  const lines = new NamedLines(name);
  return (head) =>
    lines.first(head) && lines.end > lines.start ? hashBytes(head.bytes, lines.start, lines.end) : NO_KEY;
}

/** Letter case of a host means nothing. */
function hostKey({ authority, hostStart, hostEnd }: RequestHead): number {
  return hostStart === hostEnd ? NO_KEY : hashBytes(authority, hostStart, hostEnd, LOWER);
}

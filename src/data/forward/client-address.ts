import { isIP } from 'node:net';
import { plainAddress } from '../../base/address-blocks.ts';
import { COLON } from '../http1/byte-classes.ts';
import { firstLine, nextLine } from '../http1/noted-lines.ts';
import { isWord } from '../http1/reading.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { ClientFacts } from '../seam.ts';

export interface TrustedProxies {
  has(address: string): boolean;
}

/** More than any chain of proxies has; a list that goes on is not looked through (each look-up costs about 3 µs). */
const PROXY_LIMIT = 32;

const name = Buffer.from('x-forwarded-for');

/**
 * The address of whom the request comes from, behind all the proxies that are trusted: the rightmost address of
 * X-Forwarded-For that is none of theirs, or the leftmost when all are (as nginx has it with real_ip_recursive). What
 * stands left of something that is no address is not believed. Makes strings: for what needs it, not for every request.
 */
export function clientAddress(head: RequestHead, client: ClientFacts, trusted: TrustedProxies): string {
  if (!client.trusted || head.forwardedLines.end === 0) return client.address;
  const said = forwardedFor(head);
  let { address } = client;
  for (let end = said.length, seen = 0; end > 0 && seen < PROXY_LIMIT; seen++) {
    const comma = said.lastIndexOf(',', end - 1);
    const element = said.slice(comma + 1, end).trim();
    end = comma;
    if (element === '') continue; // RFC 9110, 5.6.1
    const next = addressOf(element);
    if (next === undefined) return address;
    address = next;
    if (end > 0 && !trusted.has(address)) return address;
  }
  return address;
}

function forwardedFor({ bytes, forwardedLines }: RequestHead): string {
  let values = '';
  for (let line = firstLine(bytes, forwardedLines); line < forwardedLines.end; line = nextLine(bytes, line)) {
    const colon = bytes.indexOf(COLON, line);
    if (!isWord(bytes, line, colon, name)) continue;
    const value = bytes.toString('latin1', colon + 1, nextLine(bytes, line) - 2);
    values = values === '' ? value : `${values},${value}`;
  }
  return values;
}

/** `192.0.2.1`, `2001:db8::1`, and with a port as some proxies write it: `192.0.2.1:80`, `[2001:db8::1]:80`, `[2001:db8::1]`. */
function addressOf(element: string): string | undefined {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(element)?.[1] ?? /^([\d.]+):\d+$/.exec(element)?.[1] ?? element;
  return isIP(bare) === 0 ? undefined : plainAddress(bare);
}

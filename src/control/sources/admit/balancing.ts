import { type Balancing, type BalancingKind, roundRobin } from '../../../model/backend-policy.ts';
import { quoted } from '../../../model/quoted.ts';
import type { Wrong } from './annotations.ts';

/** The whole value, for the policies that have no name in theirs. */
const plain: Readonly<Record<string, BalancingKind>> = {
  'round-robin': 'round-robin',
  weighted: 'weighted',
  'least-requests': 'least-requests',
  random: 'random',
  'hash client-address': 'hash-address',
};

const RULE =
  `is no way to spread requests; it must be one of ${Object.keys(plain).join(', ')}, ` +
  'hash header NAME, cookie NAME';

/** RFC 9110, 5.6.2. Longer names nobody needs. */
const isToken = (text: string): boolean => /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/.test(text);

/** @param salt goes into the tokens of cookies */
export function readBalancing(text: string, salt: string): Balancing | Wrong {
  const words = text.split(/[ \t]+/);
  const value = words.join(' ');
  if (Object.hasOwn(plain, value)) return { ...roundRobin, kind: plain[value] as BalancingKind };
  if (words.length === 3 && value.startsWith('hash header ')) return readHeader(words[2] as string);
  if (words.length === 2 && words[0] === 'cookie') return readCookie(words[1] as string, salt);
  return { wrong: RULE };
}

/** Lines that belong to the client's connection or are written anew by every proxy: nothing of the client is in them. */
const unusable = /^(?:connection|forwarded|keep-alive|proxy|proxy-connection|te|trailer|transfer-encoding|upgrade)$/;
const ours = /^x[-_](?:forwarded[-_].*|real[-_]ip)$/;

function readHeader(written: string): Balancing | Wrong {
  const name = written.toLowerCase();
  if (!isToken(name)) return { wrong: `has no header name in ${quoted(written)}` };
  if (unusable.test(name) || ours.test(name)) {
    return { wrong: `cannot be used: proxies replace the header ${written}; hash client-address tells clients apart` };
  }
  return { kind: 'hash-header', name, salt: '' };
}

function readCookie(name: string, salt: string): Balancing | Wrong {
  if (!isToken(name)) return { wrong: `has no cookie name in ${quoted(name)}` };
  // RFC 6265bis, 4.1.3: browsers keep such a cookie only when it was set as Secure, which needs TLS.
  if (/^__(?:secure|host)-/i.test(name)) return { wrong: 'cannot be used: browsers keep such a cookie only over TLS' };
  return { kind: 'cookie', name, salt };
}

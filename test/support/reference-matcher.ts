import type { Rule } from '../../src/model/snapshot.ts';

/**
 * The definition of matching: loop, match, take the best. The compiled table must agree with it on every case.
 * Host and path of the request are bytes; texts of rules are compared as their UTF-8 bytes, one character per byte.
 */
export function findSlowly(rules: readonly Rule[], host: Uint8Array, path: Uint8Array): number {
  const wantedHost = byteText(host).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const wantedPath = byteText(path);
  let best = -1;
  rules.forEach((rule, index) => {
    if (!takesHost(byteText(rule.host), wantedHost) || !takesPath(rule, wantedPath)) return;
    if (best < 0 || byPrecedence(rule, rules[best]) < 0) best = index;
  });
  return best;
}

/** One character per byte of the UTF-8 form. */
export const byteText = (text: string | Uint8Array): string => Buffer.from(text as string).toString('latin1');

/** Ingress documentation, "Hostname wildcards": the star stands for exactly one label. */
function takesHost(host: string, wanted: string): boolean {
  if (host === '') return true;
  if (!host.startsWith('*.')) return host === wanted;
  const label = wanted.slice(0, wanted.length - (host.length - 1));
  return label !== '' && !label.includes('.') && wanted === label + host.slice(1);
}

/** Ingress documentation, "Path types". What does not begin with `/` is taken only by the prefix `/` or a default. */
function takesPath(rule: Rule, wanted: string): boolean {
  if (rule.pathKind === 'default') return true;
  if (rule.pathKind === 'prefix' && rule.path === '') return true;
  if (!wanted.startsWith('/')) return false;
  const path = byteText(rule.path);
  return rule.pathKind === 'exact' ? wanted === path : wanted === path || wanted.startsWith(`${path}/`);
}

const hostRank = (rule: Rule): number => (rule.host === '' ? 2 : rule.host.startsWith('*.') ? 1 : 0);
const kindRank = { exact: 0, prefix: 1, default: 2 } as const;

/** Ingress documentation: one line per criterion; equal rules keep their order. */
function byPrecedence(a: Rule, b: Rule): number {
  return (
    hostRank(a) - hostRank(b) || // exact host, one-label wildcard, no host
    kindRank[a.pathKind] - kindRank[b.pathKind] || // exact path, prefix, default
    byteText(b.path).length - byteText(a.path).length // the longest prefix
  );
}

import { quoted } from '../../model/quoted.ts';

/**
 * Requests are matched by their canonical path: dot segments resolved, `//` merged, unreserved characters decoded, hex
 * digits in upper case, and some forms refused. A rule is written in the same form, or could never match.
 *
 * | written                                  | becomes                                              |
 * |------------------------------------------|------------------------------------------------------|
 * | pchar and `/` (RFC 3986, 3.3)            | itself                                               |
 * | `%61`, `%7e`                             | `a`, `~`: RFC 3986, 6.2.2.2                          |
 * | `%c3%a9`                                 | `%C3%A9`                                             |
 * | `é`, space, `"<>[]^{}`, backtick, `|`, … | percent-encoded as UTF-8                             |
 * | `//`, segments `.` and `..`              | refused: resolved in a request before it is matched  |
 * | `?`, `#`                                 | refused: end the path (`%3F` and `%23` do not)       |
 * | `\`, `%5C`, `%2F`, `%00`, `..;`, overlong UTF-8, `%` without two hex digits | refused: so are such requests |
 */
export type RulePath = { readonly path: string } | { readonly wrong: string };

/** Neither allowed in a path as it is nor judged below. */
const ENCODED = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/%?#\\\0]/gu;

const neverMatches: readonly (readonly [RegExp, string])[] = [
  [/[?#]/, 'has "?" or "#", which end the path of a request; written %3F and %23 they are part of it'],
  [/%(?![0-9A-F]{2})/, 'has "%" without two hexadecimal digits; the character itself is written %25'],
  [/\/\//, 'has "//", which requests are matched without'],
  [/\/\.{1,2}(?:\/|$)/, 'has a segment "." or "..", which requests are matched without'],
  [/%2F|%5C|%00|[\\\0]/, 'has an encoded slash, a backslash or a zero byte, and requests with one are refused'],
  [/\/\.+(?:;|%3B)/, 'has a segment of dots and ";", and requests with one are refused'],
  [/%C[01]|%E0%[89]|%F0%8|%F8%8[0-7]|%FC%8[0-3]/, 'has overlong UTF-8, and requests with it are refused'],
];

/** `written` begins with a slash. */
export function rulePath(written: string): RulePath {
  if (!written.isWellFormed()) return { wrong: `${quoted(written)} is no well-formed text` };
  const path = written.replace(ENCODED, encodeURIComponent).replace(/%[0-9a-fA-F]{2}/g, canonicalTriple);
  for (const [pattern, why] of neverMatches) {
    if (pattern.test(path)) return { wrong: `${quoted(written)} can never match: it ${why}` };
  }
  return { path };
}

function canonicalTriple(triple: string): string {
  const character = String.fromCharCode(Number.parseInt(triple.slice(1), 16));
  return /[A-Za-z0-9\-._~]/.test(character) ? character : triple.toUpperCase();
}

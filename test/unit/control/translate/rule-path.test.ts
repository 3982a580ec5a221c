import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rulePath } from '../../../../src/control/translate/rule-path.ts';
import { CanonicalPath } from '../../../../src/data/http1/path.ts';

test.each([
  ['/', '/'],
  ['/a/b.c/', '/a/b.c/'],
  ["/-._~!$&'()*+,;=:@", "/-._~!$&'()*+,;=:@"],
  ['/%7euser', '/~user'],
  ['/%C3%a9', '/%C3%A9'],
  ['/é', '/%C3%A9'],
  ['/a b"<>^`{|}', '/a%20b%22%3C%3E%5E%60%7B%7C%7D'],
  ['/\u0001\u007f', '/%01%7F'],
  ['/😀', '/%F0%9F%98%80'],
  ['/a.b/..c/.d/...', '/a.b/..c/.d/...'],
  ['/a;b=c', '/a;b=c'],
  ['/%25', '/%25'],
])('%j is %s', (written, path) => {
  expect(rulePath(written)).toEqual({ path });
});

test.each([
  ['//', '"//"'],
  ['/a//b', '"//"'],
  ['/.', 'segment "." or ".."'],
  ['/a/%2e%2E', 'segment "." or ".."'],
  ['/a?', '"?" or "#"'],
  ['/a#', '"?" or "#"'],
  ['/%2f', 'encoded slash'],
  ['/%5C', 'backslash'],
  ['/\\', 'backslash'],
  ['/%00', 'zero byte'],
  ['/\0', 'zero byte'],
  ['/%', 'two hexadecimal digits'],
  ['/%4', 'two hexadecimal digits'],
  ['/%é', 'two hexadecimal digits'],
  ['/..;a', 'dots and ";"'],
  ['/.%3b', 'dots and ";"'],
  ['/%c0%af', 'overlong'],
  ['/%E0%80%AF', 'overlong'],
  ['/\ud800', 'well-formed'],
])('%j can never match and is told why', (written, why) => {
  expect(rulePath(written)).toEqual({ wrong: expect.stringContaining(why) });
});

test('64 KiB of anything is judged at once and quoted in part', () => {
  const long = `/${'é%'.repeat(32_768)}`;
  const judged = rulePath(long);
  expect('wrong' in judged && judged.wrong.length).toBeLessThan(300);
  expect(rulePath(`/${'a/'.repeat(32_768)}`)).toEqual({ path: `/${'a/'.repeat(32_768)}` });
});

const canonical = new CanonicalPath();

/** What requests are matched by; undefined where the request is refused. */
function canonicalOf(request: string): string | undefined {
  const bytes = Buffer.from(`${request} `, 'latin1');
  if (canonical.read(bytes, 0, bytes.length) !== bytes.length - 1) return undefined;
  return canonical.bytes.toString('latin1', 0, canonical.length);
}

const pieces = fc.constantFrom(
  ...[
    '/',
    '/',
    '.',
    '..',
    'a',
    'Z',
    '~',
    ';',
    '%',
    '%2',
    '%2e',
    '%2F',
    '%5c',
    '%00',
    '%3B',
    '%3b',
    '%41',
    '%c3%a9',
    '%C0%AF',
  ],
  ...[
    '%E0%80',
    '%e0%a0',
    '%F0%80',
    '%F8%80',
    '%f8%88',
    '%FC%80',
    '%25',
    '%zz',
    '?',
    '#',
    '\\',
    ' ',
    '"',
    '[',
    '|',
    'é',
    '狛',
    '\0',
  ],
);
const written = fc.array(pieces, { maxLength: 8 }).map((parts) => `/${parts.join('')}`);

test('what a rule path becomes is a canonical request path', () => {
  const check = (text: string): void => {
    const judged = rulePath(text);
    if ('path' in judged) expect(canonicalOf(judged.path)).toBe(judged.path);
  };
  fc.assert(fc.property(written, check), { numRuns: 5_000 });
});

test('every canonical request path can be written in a rule', () => {
  const check = (request: string): void => {
    const path = canonicalOf(request);
    if (path !== undefined && !/[^\0-\u007f]/.test(request)) expect(rulePath(path)).toEqual({ path });
  };
  const anything = fc.string({ unit: 'binary-ascii', maxLength: 20 }).map((text) => `/${text.replace(/[ ?]/g, '')}`);
  fc.assert(fc.property(fc.oneof(written, anything), check), { numRuns: 5_000 });
});

import { describe, expect, test } from 'vitest';
import { CanonicalPath, NOT_PLAIN, scanPath } from '../../../../src/data/http1/path.ts';
import { INCOMPLETE, REFUSED } from '../../../../src/data/http1/reading.ts';

const canonical = new CanonicalPath();

/** The canonical form of `path`, or the number that says why there is none. Both readers of paths must agree. */
function canonicalOf(path: string, behind = ' '): string | number {
  const bytes = Buffer.from(`GET ${path}${behind}`, 'latin1');
  const scanned = scanPath(bytes, 4, bytes.length);
  const read = canonical.read(bytes, 4, bytes.length);
  const text = read < 0 ? read : canonical.bytes.toString('latin1', 0, canonical.length);
  if (scanned >= 0) expect([scanned, text, canonical.equals(bytes, 4, read)]).toEqual([read, path, true]);
  else if (scanned === INCOMPLETE) expect(read).toBe(INCOMPLETE);
  return text;
}

/** Whether the one look of the usual path is enough. */
const isPlain = (path: string) => scanPath(Buffer.from(`${path} `, 'latin1'), 0, path.length + 1) === path.length;

describe('canonical as they stand, in one look', () => {
  const usual = [
    '/',
    '/a',
    '/a/',
    '/a/b.html',
    '/a.b/c..d/e.',
    '/a;x=1/b',
    "/-._~!$&'()*+,;=:@",
    '/a%20b',
    '/%C3%A9',
    '/%E9',
    '/%3F%25',
    '/a~b',
    '/%0A%7F',
  ];
  test.each(usual)('%s', (path) => {
    expect(canonicalOf(path)).toBe(path);
    expect(canonicalOf(path, '?')).toBe(path);
    expect(isPlain(path)).toBe(true);
  });

  // These need the second look, which finds nothing to do.
  test.each([
    '/.well-known/x',
    '/a/.hidden',
    '/...',
    '/..a',
    '/.a.',
    '/a/..../b',
    '/a%3Bb',
    '/%E2%82%AC',
    '/%E0%A4%85',
    '/%F0%9F%8D%A3',
    '/%F8',
    '/%FC%E9',
    '/%E0',
    '/%F0%C3',
    '/%E0x%80',
  ])('%s, at the second look', (path) => expect(canonicalOf(path)).toBe(path));
});

describe('made canonical', () => {
  test.each([
    ['/%61dmin', '/admin'],
    ['/%41%5a%30%2D%2e%5F%7e', '/AZ0-._~'],
    ['/%c3%a9', '/%C3%A9'],
    ['/%C3%a9', '/%C3%A9'],
    ['/%cA', '/%CA'],
    ['/%e2%82%ac', '/%E2%82%AC'],
    ['/%252e%252E/', '/%252e%252E/'],
    ['/%252f', '/%252f'],
    ['/[a]', '/%5Ba%5D'],
    ['/^`{|}', '/%5E%60%7B%7C%7D'],
    ['/.', '/'],
    ['/./', '/'],
    ['/./a', '/a'],
    ['/a/.', '/a/'],
    ['/a/./b', '/a/b'],
    ['/a/..', '/'],
    ['/a/../', '/'],
    ['/a/../b', '/b'],
    ['/a/b/..', '/a/'],
    ['/a/b/../', '/a/'],
    ['/a/b/../../c', '/c'],
    ['/a/b/c/../../d/./../e', '/a/e'],
    ['/a/%2e%2e/b', '/b'],
    ['/a/%2E%2E/b', '/b'],
    ['/a/.%2e/b', '/b'],
    ['/a/%2e./b', '/b'],
    ['/a/%2e/b', '/a/b'],
    ['/%2e', '/'],
    ['//', '/'],
    ['//a', '/a'],
    ['/a//b', '/a/b'],
    ['/a///b//', '/a/b/'],
    ['/a//../b', '/b'],
    ['/a/.//../b', '/b'],
    ['/a/%2e%2e%2e/b', '/a/.../b'],
    ['/%2ea', '/.a'],
  ])('%s becomes %s', (path, expected) => {
    expect(canonicalOf(path)).toBe(expected);
    expect(canonicalOf(path, '?')).toBe(expected);
    expect(isPlain(path)).toBe(path === expected);
    expect(canonicalOf(expected)).toBe(expected);
  });
});

describe('refused at once', () => {
  // `§` stands behind the byte that decides.
  test.each([
    '/..§',
    '/../§',
    '/../§a',
    '/./../§',
    '/a/../../§b',
    '/a/../..§',
    '//..§',
    '/%2e%2e§',
    '/%2E./§',
    '/.%2e/§',
    '/a/%2e%2e/..§',
    '/a//../../§',
    '/%2f§',
    '/a%2F§b',
    '/%5c§',
    '/%5C§',
    '/\\§',
    '/a\\§..',
    '/%00§',
    '/a%00§b',
    '/%c0§%af',
    '/%C1§%81',
    '/%c0§',
    '/%e0%80§%af',
    '/%E0%9F§%BF',
    '/%f0%80§%80%af',
    '/%F0%8F§%BF%BF',
    '/%f8%80§',
    '/%F8%87§',
    '/%fc%80§',
    '/%FC%83§',
    '/%§',
    '/a%/§b',
    '/%4§',
    '/%4/§',
    '/%z§z',
    '/%4z§',
    '/%%§41',
    '/%0 §',
    '/%0g§',
    '/.;§',
    '/..;§x',
    '/a/..;§/b',
    '/...;§',
    '/%2e%2e;§',
    '/..%3B§x',
    '/..%3b§',
    '/%2E;§x',
    '/"§',
    '/<§',
    '/>§',
    '/#§',
    '/\x01§',
    '/\t§',
    '/\r§',
    '/\n§',
    '/\x7f§',
    '/\x80§',
    '/\xff§',
    '/a/../\0§',
  ])('%j', (marked) => {
    const path = marked.replace('§', '');
    expect(canonicalOf(path)).toBe(REFUSED);
    expect(isPlain(path)).toBe(false);
    // A prefix is only refused where the marker stands; a path that ends there is judged by what comes behind it.
    const upTo = marked.indexOf('§');
    for (let size = 1; size < upTo; size++)
      expect(canonicalOf(path.slice(0, size), ''), path.slice(0, size)).toBe(INCOMPLETE);
    if (upTo < path.length) expect(canonicalOf(path.slice(0, upTo), '')).toBe(REFUSED);
  });
});

test('a path in pieces is incomplete until the byte behind it', () => {
  for (const path of ['/a/b.html', '/a/../b%61', '/%c3%a9/..', '/.well-known']) {
    for (let size = 1; size <= path.length; size++) expect(canonicalOf(path.slice(0, size), '')).toBe(INCOMPLETE);
  }
});

test('the one look says not plain, and never less than the truth', () => {
  expect(scanPath(Buffer.from('/a/../b '), 0, 8)).toBe(NOT_PLAIN);
  expect(scanPath(Buffer.from('/a%4'), 0, 4)).toBe(NOT_PLAIN);
  expect(scanPath(Buffer.from('/a'), 0, 2)).toBe(INCOMPLETE);
  expect(scanPath(Buffer.from('/../'), 0, 1)).toBe(INCOMPLETE);
});

test('long paths are made canonical whole', () => {
  const path = `/${'%61|'.repeat(20_000)}`;
  expect(canonicalOf(path)).toBe(`/${'a%7C'.repeat(20_000)}`);
  expect(canonicalOf(`${'/a'.repeat(5000)}${'/..'.repeat(5000)}`)).toBe('/');
  expect(canonicalOf(`${'/a'.repeat(5000)}${'/..'.repeat(5001)}`)).toBe(REFUSED);
});

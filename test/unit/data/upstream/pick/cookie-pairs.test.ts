import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CookiePairs } from '../../../../../src/data/upstream/pick/cookie-pairs.ts';
import { headOf } from '../../../../support/picking.ts';

const piece = fc.constantFrom(
  'sticky',
  'Sticky',
  'stick',
  'y',
  '=',
  ';',
  '; ',
  ' ',
  '\t',
  '"',
  'a',
  'a=b',
  'sticky=1',
  ',',
  'é',
);
const value = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
const line = fc.tuple(fc.constantFrom('Cookie', 'COOKIE', 'cookie', 'Cookies', 'X-Cookie', 'Accept', 'TE'), value);

const trimmed = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, '');

/** The same with strings, as slow as it likes. */
const slowly = (lines: readonly (readonly [string, string])[]): string[] =>
  lines
    .filter(([name]) => name.toLowerCase() === 'cookie')
    .flatMap(([, written]) => trimmed(written).split(';'))
    .map(trimmed)
    .filter((pair) => pair.startsWith('sticky='))
    .map((pair) => pair.slice('sticky='.length));

test('whatever the lines hold, the values found are those that a slow reading finds', () => {
  const pairs = new CookiePairs('sticky');
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      const head = headOf(...lines.map(([name, written]) => `${name}: ${written}`));
      const found: string[] = [];
      for (let more = pairs.first(head); more; more = pairs.next()) {
        found.push(head.bytes.toString('latin1', pairs.start, pairs.end));
      }
      expect(found).toEqual(slowly(lines));
    }),
    { numRuns: 3000 },
  );
});

test('256 cookies are looked at, of all lines together', () => {
  const pairs = new CookiePairs('sticky');
  const filler = (count: number): string => `Cookie: ${'a=1;'.repeat(count)}`;
  expect(pairs.first(headOf(filler(200), `${filler(54)}sticky=1`))).toBe(true);
  expect(pairs.first(headOf(filler(200), `${filler(60)}sticky=1`))).toBe(false);
  expect(pairs.first(headOf('Cookie: sticky=1'))).toBe(true);
});

import { expect, test } from 'vitest';
import { oneLine } from '../../../src/model/quoted.ts';

test('what would act on a terminal is written out, the rest stays', () => {
  expect(oneLine('listeners[0].naïve: 5 €')).toBe('listeners[0].naïve: 5 €');
  expect(oneLine('a\n\x1b[31mb\x7f\x85\u2028\u202e')).toBe('a\\u000a\\u001b[31mb\\u007f\\u0085\\u2028\\u202e');
});

test('a line has an end', () => {
  expect(oneLine('x'.repeat(100_000))).toBe(`${'x'.repeat(1000)}…`);
});

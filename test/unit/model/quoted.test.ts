import { expect, test } from 'vitest';
import { oneLine, quoted } from '../../../src/model/quoted.ts';

test('what would act on a terminal is written out, the rest stays', () => {
  expect(oneLine('listeners[0].naïve: 5 €')).toBe('listeners[0].naïve: 5 €');
  expect(oneLine('a\n\x1b[31mb\x7f\x85\u2028\u202e')).toBe('a\\u000a\\u001b[31mb\\u007f\\u0085\\u2028\\u202e');
});

test('a line has an end', () => {
  expect(oneLine('x'.repeat(100_000))).toBe(`${'x'.repeat(1000)}…`);
});

test('a value in a sentence is printable and has an end', () => {
  expect(quoted('a"\n\x9b\u2028')).toBe('"a\\"\\n\\u009b\\u2028"');
  expect(quoted('\x7f'.repeat(100))).toBe(`"${'\\u007f'.repeat(80)}"… (100 characters)`);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { healthMoment, isOut, outUntil } from '../../../src/table/health-words.ts';

test('zero is never out', () => {
  expect(isOut(0, healthMoment())).toBe(false);
});

test('out for a while, then in again, also across the wrap of the moment', () => {
  fc.assert(
    fc.property(fc.nat(0x7fff_ffff), fc.integer({ min: 2, max: 600_000 }), (raw, ms) => {
      const moment = (raw | 1) & 0x7fff_ffff;
      const word = outUntil(moment, ms);
      const at = (after: number) => ((moment + after) & 0x7fff_ffff) | 1;
      expect(isOut(word, moment)).toBe(true);
      expect(isOut(word, at(ms + 2))).toBe(false);
    }),
  );
});

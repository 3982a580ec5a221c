import fc from 'fast-check';
import { expect, test } from 'vitest';
import { healthMoment, isOut, outLimitMs, outUntil } from '../../../src/table/health-words.ts';

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

test('a mark that nobody cleared is not believed again days later', () => {
  const dayMs = 86_400_000;
  for (const moment of [1, 1001, 0x3fff_ffff, 0x7fff_ffff]) {
    const word = outUntil(moment, outLimitMs);
    for (let after = outLimitMs + 2; after <= 24 * dayMs; after += outLimitMs / 7) {
      const now = ((moment + Math.floor(after)) & 0x7fff_ffff) | 1;
      if (isOut(word, now)) expect.fail(`out again after ${after / dayMs} days`);
    }
  }
});

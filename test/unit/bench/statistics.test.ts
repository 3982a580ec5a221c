import fc from 'fast-check';
import { expect, test } from 'vitest';
import { median, medianInterval, percentile, spreadOf } from '../../../bench/statistics.ts';

test('the median of an odd number is the middle value, by size and not by text', () => {
  expect(median([100, 9, 20])).toBe(20);
});

test('the median of an even number is the mean of the two in the middle', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('nothing has no median', () => {
  expect(() => median([])).toThrow('no values');
});

test('the values given stay in their order', () => {
  const values = [3, 1, 2];
  spreadOf(values);
  expect(values).toEqual([3, 1, 2]);
});

test('the interval of the median leaves out more at each end the more values there are', () => {
  const outOf = (count: number) => medianInterval(Array.from({ length: count }, (_, index) => index + 1));
  // Ranks of the 95 % interval from tables of the sign test.
  expect(outOf(2)).toEqual({ median: 1.5, least: 1, most: 2 });
  expect(outOf(5)).toEqual({ median: 3, least: 1, most: 5 });
  expect(outOf(8)).toEqual({ median: 4.5, least: 1, most: 8 });
  expect(outOf(9)).toEqual({ median: 5, least: 2, most: 8 });
  expect(outOf(20)).toEqual({ median: 10.5, least: 6, most: 15 });
});

test('a percentile is the least value that its share of all does not exceed', () => {
  const values = Array.from({ length: 1000 }, (_, index) => index + 1);
  expect([0.5, 0.99, 0.999, 1].map((share) => percentile(values, share))).toEqual([500, 990, 999, 1000]);
  expect([0, 0.5, 0.999].map((share) => percentile([7], share))).toEqual([7, 7, 7]);
  expect(percentile([1, 2, 3], 0.34)).toBe(2);
});

test('at least half of the values lie on each side of the median, and all within the spread', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 30 }), (values) => {
      const spread = spreadOf(values);
      const half = values.length / 2;
      expect(values.filter((value) => value <= spread.median).length).toBeGreaterThanOrEqual(half);
      expect(values.filter((value) => value >= spread.median).length).toBeGreaterThanOrEqual(half);
      expect(values.every((value) => value >= spread.least && value <= spread.most)).toBe(true);
    }),
  );
});

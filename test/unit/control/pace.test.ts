import { expect, test } from 'vitest';
import { Pace } from '../../../src/control/pace.ts';

/** How long the gaps are behind runs of this cost and so many changes each. */
function gapsOf(runs: readonly (readonly [costMs: number, changes: number])[], limitMs = 50): number[] {
  const pace = new Pace(limitMs);
  return runs.map(([costMs, changes], i) => {
    const now = i * 1000;
    pace.ran(now, costMs, changes);
    return pace.waitMs(now);
  });
}

test('the first change waits for nothing, nor does one after the gap', () => {
  const pace = new Pace(50);
  expect(pace.waitMs(0)).toBe(0);
  pace.ran(10, 5, 1);
  expect(pace.waitMs(11)).toBeGreaterThan(0);
  expect(pace.waitMs(60)).toBe(0);
});

test('behind single changes the gap is four times what a run costs, and one slow run alone counts for nothing', () => {
  expect(
    gapsOf([
      [1, 1],
      [1, 1],
      [100, 1],
      [3, 1],
      [3, 1],
    ]),
  ).toEqual([2, 4, 4, 12, 12]);
});

test('behind many changes it doubles up to the limit, and a single one ends that', () => {
  const costs = [1, 1].map((cost) => [cost, 1] as const);
  const many = Array.from({ length: 6 }, () => [1, 9] as const);
  expect(gapsOf([...costs, ...many, [1, 1]])).toEqual([2, 4, 8, 16, 32, 50, 50, 50, 4]);
});

test('however long a burst lasts the gap is the limit', () => {
  expect(gapsOf(Array.from({ length: 5_000 }, () => [1, 9] as const)).at(-1)).toBe(50);
  expect(
    gapsOf(
      Array.from({ length: 5_000 }, () => [1, 9] as const),
      0,
    ).at(-1),
  ).toBe(0);
});

import { expect, test } from 'vitest';
import { RetryBudget } from '../../../../src/data/upstream/retry-budget.ts';

/** How many retries are granted now. */
function granted(budget: RetryBudget, nowMs: number, percent = 20): number {
  let count = 0;
  while (count < 100_000 && budget.take(nowMs, percent)) count++;
  return count;
}

function requests(budget: RetryBudget, count: number, nowMs: number): void {
  for (let i = 0; i < count; i++) budget.countRequest(nowMs);
}

test('a quiet backend has ten retries, and ten again when they are ten seconds old', () => {
  const budget = new RetryBudget();
  expect(granted(budget, 1000)).toBe(10);
  expect(granted(budget, 5999)).toBe(0);
  expect(granted(budget, 11_001)).toBe(10);
});

test('a busy one has a share of its requests more', () => {
  const budget = new RetryBudget();
  requests(budget, 1000, 1000);
  expect(granted(budget, 1000)).toBe(210);
  requests(budget, 100, 1500);
  expect(granted(budget, 1500)).toBe(20);
});

test('requests and retries count for five to ten seconds', () => {
  const budget = new RetryBudget();
  requests(budget, 1000, 1000);
  expect(granted(budget, 1000)).toBe(210);
  requests(budget, 100, 6500); // the next window: the last one still counts
  expect(granted(budget, 6500)).toBe(20);
  requests(budget, 100, 11_600);
  expect(granted(budget, 11_600)).toBe(10 + 40 - 20);
});

test('over a long time retries stay below their share and ten a window', () => {
  const budget = new RetryBudget();
  let retries = 0;
  for (let nowMs = 0; nowMs < 100_000; nowMs += 10) {
    requests(budget, 1, nowMs);
    retries += granted(budget, nowMs);
  }
  expect(retries).toBeLessThanOrEqual(10_000 * 0.2 + 10 * 20);
  expect(retries).toBeGreaterThanOrEqual(10_000 * 0.2 - 200);
});

test('0 percent is no retry at all', () => {
  const budget = new RetryBudget();
  requests(budget, 1000, 1000);
  expect(granted(budget, 1000, 0)).toBe(0);
});

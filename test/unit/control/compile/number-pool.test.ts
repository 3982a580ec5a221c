import { expect, test } from 'vitest';
import { NumberPool } from '../../../../src/control/compile/number-pool.ts';

test('a dense pool gives free numbers before new ones, the one that rested longest first', () => {
  const pool = new NumberPool(10, 'dense');
  expect([pool.take(), pool.take(), pool.take()]).toEqual([0, 1, 2]);
  for (const number of [1, 0]) pool.giveBack(number);
  expect(pool.take()).toBe(3);
  pool.settle();
  expect([pool.take(), pool.take(), pool.take()]).toEqual([1, 0, 4]);
});

test('a spread pool gives new numbers first, then free ones, then none', () => {
  const pool = new NumberPool(2, 'spread');
  expect(pool.take()).toBe(0);
  pool.giveBack(0);
  pool.settle();
  expect([pool.take(), pool.take(), pool.take()]).toEqual([1, 0, -1]);
});

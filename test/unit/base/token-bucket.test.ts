import { expect, test } from 'vitest';
import { RecentMap } from '../../../src/base/recent-map.ts';
import { TokenBucket } from '../../../src/base/token-bucket.ts';

test('a bucket gives a burst, then as much as time brings, and never more than the burst', () => {
  const bucket = new TokenBucket(10, 3, 0);
  expect([0, 0, 0, 0].map((at) => bucket.take(at))).toEqual([true, true, true, false]);
  expect(bucket.waitMs(0)).toBe(100);
  expect(bucket.waitMs(60)).toBe(40);
  expect(bucket.take(99)).toBe(false);
  expect(bucket.take(100)).toBe(true);
  expect([1, 2, 3, 4].map(() => bucket.take(1e9))).toEqual([true, true, true, false]);
});

test('a map of recent entries forgets the one that was set longest ago', () => {
  const map = new RecentMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3);
  map.set('c', 4);
  expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([3, undefined, 4]);
});

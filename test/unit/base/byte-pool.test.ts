import { expect, test } from 'vitest';
import { BytePool } from '../../../src/base/byte-pool.ts';

test('what was given back is taken again', () => {
  const pool = new BytePool();
  const first = pool.take(100);
  expect(first.length).toBeGreaterThanOrEqual(100);
  pool.giveBack(first);
  expect(pool.take(200)).toBe(first);
  expect(pool.take(200)).not.toBe(first);
});

test('what is larger than usual is made for its use alone', () => {
  const pool = new BytePool();
  const large = pool.take(10_000);
  expect(large.length).toBe(10_000);
  pool.giveBack(large);
  expect(pool.take(10_000)).not.toBe(large);
});

test('it keeps a bounded number of buffers', () => {
  const pool = new BytePool();
  const taken = Array.from({ length: 1000 }, () => pool.take(1));
  for (const bytes of taken) pool.giveBack(bytes);
  const again = Array.from({ length: 1000 }, () => pool.take(1));
  expect(again.filter((bytes) => taken.includes(bytes))).toHaveLength(256);
});

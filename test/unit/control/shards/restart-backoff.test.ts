import { expect, test } from 'vitest';
import type { Dice } from '../../../../src/base/dice.ts';
import { RestartBackoff } from '../../../../src/control/shards/restart-backoff.ts';

const dice = (below: (limit: number) => number): Dice => ({ below, seed: () => 1 });
const noJitter = dice(() => 0);

test('the first replacement starts at once, the next wait 100 ms doubling to 5 s', () => {
  const backoff = new RestartBackoff(noJitter);
  const waits = Array.from({ length: 9 }, () => backoff.next(10));
  expect(waits).toEqual([0, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
});

test('a shard that served 30 s is forgiven', () => {
  const backoff = new RestartBackoff(noJitter);
  for (let i = 0; i < 5; i++) backoff.next(29_999);
  expect(backoff.next(30_000)).toBe(0);
  expect(backoff.next(0)).toBe(100);
});

test('jitter takes off up to half and never adds', () => {
  const most = new RestartBackoff(dice((limit) => limit - 1));
  expect([most.next(0), most.next(0), most.next(0)]).toEqual([0, 51, 101]);
});

test('a thousand ends in a row stay at the limit', () => {
  const backoff = new RestartBackoff(noJitter);
  for (let i = 0; i < 1000; i++) backoff.next(0);
  expect(backoff.next(0)).toBe(5000);
});

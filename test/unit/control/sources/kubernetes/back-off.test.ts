import { expect, test } from 'vitest';
import { BackOff, jittered } from '../../../../../src/control/sources/kubernetes/back-off.ts';

const least = { below: () => 0, seed: () => 0 };
const most = { below: (limit: number) => limit - 1, seed: () => 0 };

test('waits double from 0.5 s to 30 s, between half as long and half as long again', () => {
  const [short, long] = [new BackOff(least), new BackOff(most)];
  const steps = [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000];
  expect(steps.map(() => short.next())).toEqual(steps.map((ms) => ms / 2));
  expect(steps.map(() => long.next())).toEqual(steps.map((ms) => ms * 1.5));
});

test('what the server asks for is the least, and not everybody comes back at once', () => {
  expect(new BackOff(least).next(7000)).toBe(7000);
  expect(new BackOff(most).next(7000)).toBeGreaterThan(7000);
  expect(new BackOff(most).next(100)).toBe(750);
});

test('a reset begins anew', () => {
  const backOff = new BackOff(least);
  backOff.next();
  backOff.next();
  backOff.reset();
  expect(backOff.next()).toBe(250);
});

test('jitter keeps within half and half as much again', () => {
  expect([jittered(16_000, least), jittered(16_000, most)]).toEqual([8000, 24_000]);
});

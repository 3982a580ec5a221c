import { expect, test } from 'vitest';
import { delayBoundsMs, LoopDelay } from '../../../src/observe/loop-delay.ts';
import { HandClock } from '../../support/hand-clock.ts';

test('a loop that turns is on time, and one that is held is late by as long', () => {
  const clock = new HandClock();
  const delay = new LoopDelay(clock);
  delay.start();
  clock.advance(100);
  expect([delay.counts[0], delay.sumMs]).toEqual([10, 0]);
  clock.sleep(10 + 60);
  expect(delay.counts[delayBoundsMs.indexOf(100)]).toBe(1);
  expect(delay.sumMs).toBe(60);
  clock.sleep(10_000);
  expect(delay.counts.at(-1)).toBe(1);
});

test('it looks no more after its end', () => {
  const clock = new HandClock();
  const delay = new LoopDelay(clock);
  delay.start();
  delay.stop();
  clock.advance(100);
  expect(delay.counts).toEqual(new Float64Array(delayBoundsMs.length + 1));
});

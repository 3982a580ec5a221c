import { expect, test } from 'vitest';
import { QuietTime } from '../../../../src/control/sources/quiet-time.ts';
import { HandClock } from '../../../support/hand-clock.ts';

const start = () => {
  const clock = new HandClock();
  const runs: number[] = [];
  const quiet = new QuietTime({ clock, quietMs: 20, maxWaitMs: 200 }, () => runs.push(clock.now()));
  return { clock, runs, quiet };
};

test('many marks are one run, a quiet time after the last', () => {
  const { clock, runs, quiet } = start();
  for (const _mark of [1, 2, 3]) {
    quiet.mark();
    clock.advance(10);
  }
  expect(runs).toEqual([]);
  clock.advance(10);
  expect(runs).toEqual([40]);
  clock.advance(1_000);
  expect(runs).toEqual([40]);
});

test('marks that never rest run after the longest wait, again and again', () => {
  const { clock, runs, quiet } = start();
  for (let round = 0; round < 50; round++) {
    quiet.mark();
    clock.advance(10);
  }
  expect(runs).toEqual([200, 400]);
});

test('a mark after a run waits its own quiet time', () => {
  const { clock, runs, quiet } = start();
  quiet.mark();
  clock.advance(500);
  quiet.mark();
  clock.advance(19);
  expect(runs).toEqual([20]);
  clock.advance(1);
  expect(runs).toEqual([20, 520]);
});

test('a late timer after a long sleep runs once', () => {
  const { clock, runs, quiet } = start();
  quiet.mark();
  clock.sleep(10_000);
  expect(runs).toHaveLength(1);
});

test('stopped, it does not run', () => {
  const { clock, runs, quiet } = start();
  quiet.mark();
  quiet.stop();
  clock.advance(1_000);
  expect(runs).toEqual([]);
});

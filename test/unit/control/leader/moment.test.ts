import { expect, test } from 'vitest';
import { elapsedAtMostMs, systemMoment } from '../../../../src/control/leader/moment.ts';
import { waitUntil } from '../../../support/wait-until.ts';

const at = (monotonicMs: number, bootMs: number, wallMs: number) => ({ monotonicMs, bootMs, wallMs });

test.each([
  ['the process was stopped: all clocks went on', at(60, 60, 60), 60],
  ['the machine was suspended', at(1, 60, 60), 60],
  ['the virtual machine was paused and its wall clock set', at(1, 1, 60), 60],
  ['the wall clock was set back', at(60, 60, -3_600), 60],
])('%s: the clock that says most counts', (_, now, elapsed) => {
  expect(elapsedAtMostMs(at(0, 0, 0), now)).toBe(elapsed);
});

test('every clock of this machine moves', async () => {
  const start = systemMoment();
  await waitUntil('all have moved', () => {
    const now = systemMoment();
    return now.monotonicMs > start.monotonicMs && now.bootMs > start.bootMs && now.wallMs > start.wallMs;
  });
});

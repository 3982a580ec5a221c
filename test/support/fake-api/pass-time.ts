import { setImmediate } from 'node:timers/promises';
import type { HandClock } from '../hand-clock.ts';
import { waitUntil } from '../wait-until.ts';

/** Time of the hand clock goes by in steps, with a little of real time after each for what goes over sockets. */
export async function passTime(clock: HandClock, ms: number, stepMs = 1000): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    clock.advance(stepMs);
    for (let turn = 0; turn < 5; turn++) await setImmediate();
  }
}

/** Waits for a condition while the hand clock runs, fifty times as fast as the real one. */
export const untilLater = (
  what: string,
  clock: HandClock,
  condition: () => boolean,
  state?: () => unknown,
): Promise<true> =>
  waitUntil(
    what,
    () => {
      clock.advance(condition() ? 0 : 500);
      return condition();
    },
    { deadlineMs: 30_000, ...(state === undefined ? {} : { state }) },
  ) as Promise<true>;

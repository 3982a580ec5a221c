import { uptime } from 'node:os';

/** One moment on every clock of the machine, in milliseconds. */
export interface Moment {
  readonly monotonicMs: number;
  readonly bootMs: number;
  readonly wallMs: number;
}

export type MomentNow = () => Moment;

/**
 * Which clock goes on while nobody runs:
 *
 * |                                     | process stopped | machine suspended | virtual machine paused |
 * |-------------------------------------|-----------------|-------------------|------------------------|
 * | monotonic (CLOCK_MONOTONIC)         | goes on         | stands            | stands                 |
 * | boot (CLOCK_BOOTTIME, /proc/uptime) | goes on         | goes on           | stands                 |
 * | wall                                | goes on         | goes on           | jumps, once it is set  |
 *
 * node's `performance.now` is the first and `os.uptime` the second.
 */
export const systemMoment: MomentNow = () => ({
  monotonicMs: performance.now(),
  bootMs: bootMs(),
  wallMs: Date.now(),
});

function bootMs(): number {
  try {
    return uptime() * 1_000;
  } catch {
    return performance.now(); // a sandbox without it
  }
}

/**
 * How long ago it can have been at most: who asks whether to give up believes the clock that says the most. A wall clock
 * that is set forward costs a renewal; one that is set back is never the one that says the most.
 */
export const elapsedAtMostMs = (since: Moment, now: Moment): number =>
  Math.max(now.monotonicMs - since.monotonicMs, now.bootMs - since.bootMs, now.wallMs - since.wallMs);

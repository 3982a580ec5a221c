import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../base/clock.ts';

/** Long work lets others run this often. */
const SLICE_MS = 8;

/** Cuts long work into slices, so that the main thread answers probes and publishes meanwhile. */
export class TimeSlice {
  readonly #clock: Clock;
  #startedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  /** Time to let others run: `await slice.rest()`. */
  get isOver(): boolean {
    return this.#clock.now() - this.#startedAt >= SLICE_MS;
  }

  async rest(): Promise<void> {
    await setImmediate();
    this.#startedAt = this.#clock.now();
  }
}

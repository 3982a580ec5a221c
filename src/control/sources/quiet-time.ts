import type { Clock, Timer } from '../../base/clock.ts';

export interface QuietTimeOptions {
  readonly clock: Clock;
  /** Without a mark, before `run` is called. */
  readonly quietMs: number;
  /** After the first mark, however many follow. */
  readonly maxWaitMs: number;
}

/** Many marks, one call of `run`: changes come in bursts, and a burst is one change. Waits for quiet, but not for ever. */
export class QuietTime {
  readonly #options: QuietTimeOptions;
  readonly #run: () => void;
  #firstMarkMs: number | undefined;
  #timer: Timer | undefined;

  constructor(options: QuietTimeOptions, run: () => void) {
    this.#options = options;
    this.#run = run;
  }

  mark(): void {
    const { clock, quietMs, maxWaitMs } = this.#options;
    const nowMs = clock.now();
    this.#firstMarkMs ??= nowMs;
    this.#timer?.cancel();
    const leftMs = this.#firstMarkMs + maxWaitMs - nowMs;
    this.#timer = clock.after(Math.max(0, Math.min(quietMs, leftMs)), () => {
      this.#firstMarkMs = undefined;
      this.#timer = undefined;
      this.#run();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#firstMarkMs = undefined;
  }
}

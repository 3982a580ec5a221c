import type { Clock, Timer } from '../../base/clock.ts';

/** Why a call is given up: the caller said so, or its time is over. */
export type Limit = 'stopped' | 'late';

/** The end of one call: its caller's signal and its time in one signal. */
export class CallLimit {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #callers: AbortSignal | undefined;
  readonly #onStop = (): void => this.#reach('stopped');
  #timer: Timer | undefined;
  reached: Limit | undefined;

  constructor(clock: Clock, timeoutMs: number, callers: AbortSignal | undefined) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#callers = callers;
    this.restart();
    if (callers?.aborted) this.#reach('stopped');
    else callers?.addEventListener('abort', this.#onStop);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Its time begins anew. */
  restart(): void {
    if (this.reached !== undefined) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.after(this.#timeoutMs, () => this.#reach('late'));
  }

  /** From here on only the caller's signal counts. */
  stopTime(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  end(): void {
    this.stopTime();
    this.#callers?.removeEventListener('abort', this.#onStop);
  }

  #reach(limit: Limit): void {
    this.reached ??= limit;
    this.end();
    this.#controller.abort();
  }
}

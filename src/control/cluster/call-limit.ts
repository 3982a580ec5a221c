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
  #endsAtMs = 0;
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
    this.#endsAtMs = this.#clock.now() + this.#timeoutMs;
    this.#timer = this.#clock.after(this.#timeoutMs, () => this.#reach('late'));
  }

  /** What `promise` gives, while there is time. */
  async within<T>(promise: Promise<T>): Promise<T> {
    const over = Promise.withResolvers<never>();
    const stop = (): void => over.reject(new Error('the call is over'));
    if (this.reached === undefined) this.signal.addEventListener('abort', stop);
    else stop();
    promise.catch(() => {}); // it may fail when nobody waits for it any more
    try {
      const found = await Promise.race([promise, over.promise]);
      // A process that was stopped and goes on hears of what is done before its timers run.
      if (this.#timer !== undefined && this.#clock.now() >= this.#endsAtMs) this.#reach('late');
      if (this.reached !== undefined) throw new Error('the call is over');
      return found;
    } finally {
      this.signal.removeEventListener('abort', stop);
    }
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

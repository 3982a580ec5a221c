/** Retries that are free in each window, so that a quiet backend may retry. */
const RESERVE = 10;
const WINDOW_MS = 5000;

/**
 * How many requests of one backend may be sent once more, per shard: `percent` of its requests of the last five to ten
 * seconds and ten more. When endpoints fail in numbers, the others are not asked for twice as much.
 */
export class RetryBudget {
  /** This window and the one before it. */
  #requests = 0;
  #requestsBefore = 0;
  #retries = 0;
  #retriesBefore = 0;
  #windowEndMs = 0;

  countRequest(nowMs: number): void {
    if (nowMs >= this.#windowEndMs) this.#turn(nowMs);
    this.#requests++;
  }

  /** True: one retry more, which is counted. With 0 percent there is none at all. */
  take(nowMs: number, percent: number): boolean {
    if (nowMs >= this.#windowEndMs) this.#turn(nowMs);
    const allowed = RESERVE + ((this.#requests + this.#requestsBefore) * percent) / 100;
    if (percent === 0 || this.#retries + this.#retriesBefore + 1 > allowed) return false;
    this.#retries++;
    return true;
  }

  #turn(nowMs: number): void {
    const adjoins = nowMs < this.#windowEndMs + WINDOW_MS;
    this.#requestsBefore = adjoins ? this.#requests : 0;
    this.#retriesBefore = adjoins ? this.#retries : 0;
    this.#requests = 0;
    this.#retries = 0;
    this.#windowEndMs = nowMs + WINDOW_MS;
  }
}

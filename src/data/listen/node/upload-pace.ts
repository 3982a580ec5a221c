/** Nobody is too slow before. */
export const GRACE_MS = 5000;

/**
 * How fast a client sends a body, on average over the time in which it was waited for: time in which we or the endpoint
 * could take no more does not count. The rule is that of Kestrel's MinRequestBodyDataRate.
 */
export class UploadPace {
  readonly #leastBytesPerMs: number;
  #bytes = 0;
  /** Waited for before the last pause. */
  #waitedMs = 0;
  #sinceMs = 0;

  /** 0: any pace will do. */
  constructor(leastBytesPerSecond: number) {
    this.#leastBytesPerMs = leastBytesPerSecond / 1000;
  }

  /** A body begins. */
  begin(nowMs: number): void {
    this.#bytes = 0;
    this.#waitedMs = 0;
    this.#sinceMs = nowMs;
  }

  /** The present body may come as it likes, or not at all. */
  exempt(): void {
    this.#sinceMs = Number.POSITIVE_INFINITY;
  }

  count(bytes: number): void {
    this.#bytes += bytes;
  }

  pause(nowMs: number): void {
    this.#waitedMs += nowMs - this.#sinceMs;
  }

  resume(nowMs: number): void {
    this.#sinceMs = nowMs;
  }

  /** When it will have been too slow if nothing more comes. Outside a pause. */
  get limitMs(): number {
    if (this.#leastBytesPerMs === 0) return Number.POSITIVE_INFINITY;
    return this.#sinceMs - this.#waitedMs + Math.max(GRACE_MS, this.#bytes / this.#leastBytesPerMs);
  }
}

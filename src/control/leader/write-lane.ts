import type { Clock, Timer } from '../../base/clock.ts';
import type { Dice } from '../../base/dice.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import type { Log } from '../../observe/log.ts';
import type { ApiAnswer, ApiRequest, ClusterApi } from '../cluster/api.ts';

/** A write that has not been answered by then is given up: with the renew deadline before it, the lease still lasts. */
const WRITE_MS = 5_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const STOP_MS = 1_000;

/** Sends one request; undefined: the API server cannot take it now, and the lane has paused. */
export type Send = (request: ApiRequest) => Promise<ApiAnswer | undefined>;

export type Job = (send: Send) => Promise<void>;

export interface WriteLaneParts {
  readonly api: ClusterApi;
  readonly mayWrite: () => boolean;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
  readonly inFlight: number;
  readonly perSecond: number;
  readonly burst: number;
  /** The next piece of work, undefined when there is none. */
  readonly next: () => Job | undefined;
}

/**
 * Takes pieces of work one after the other, some at a time, as fast as it may: not faster than its rate, not while the
 * API server asks for a pause or is away, and never without leadership, which is asked for before each single request.
 */
export class WriteLane {
  readonly #parts: WriteLaneParts;
  readonly #bucket: TokenBucket;
  readonly #cut = new AbortController();
  #running = 0;
  #pausedUntilMs = 0;
  /** Pauses in a row that nobody gave a length. */
  #pauses = 0;
  #timer: Timer | undefined;
  #stopped = false;
  #idle: () => void = () => {};

  constructor(parts: WriteLaneParts) {
    this.#parts = parts;
    this.#bucket = new TokenBucket(parts.perSecond, parts.burst, parts.clock.now());
  }

  /** There may be work, or leadership. */
  wake(): void {
    while (this.#running < this.#parts.inFlight && !this.#stopped && this.#parts.mayWrite()) {
      const waitMs = this.#waitMs();
      if (waitMs > 0) return this.#wakeIn(waitMs);
      const job = this.#parts.next();
      if (job === undefined) return;
      this.#bucket.take(this.#parts.clock.now());
      this.#run(job);
    }
  }

  /** Begins nothing more; what runs has a second to end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    if (this.#running === 0) return;
    const ended = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    const timer = this.#parts.clock.after(STOP_MS, () => {
      this.#cut.abort();
      this.#idle();
    });
    await ended;
    timer.cancel();
  }

  #waitMs(): number {
    const nowMs = this.#parts.clock.now();
    return Math.max(this.#pausedUntilMs - nowMs, this.#bucket.waitMs(nowMs));
  }

  #wakeIn(ms: number): void {
    this.#timer ??= this.#parts.clock.after(ms, () => {
      this.#timer = undefined;
      this.wake();
    });
  }

  #run(job: Job): void {
    this.#running++;
    void job((request) => this.#send(request))
      .catch((error) => this.#parts.log.error({ err: error }, 'write to the cluster went wrong'))
      .then(() => this.#end());
  }

  #end(): void {
    this.#running--;
    if (this.#running === 0) this.#idle();
    this.wake();
  }

  async #send(request: ApiRequest): Promise<ApiAnswer | undefined> {
    if (this.#stopped || !this.#parts.mayWrite()) return undefined;
    const limits = { timeoutMs: WRITE_MS, signal: this.#cut.signal };
    const answer = await this.#parts.api.call({ ...request, ...limits }).catch(() => undefined);
    const refused = answer === undefined || answer.status === 429 || answer.status >= 500;
    if (!refused) {
      this.#pauses = 0;
      return answer;
    }
    this.#pause(answer?.retryAfterMs);
    return undefined;
  }

  /** Half as long to as long by chance, doubled each time. */
  #pause(askedMs: number | undefined): void {
    const nowMs = this.#parts.clock.now();
    if (nowMs < this.#pausedUntilMs && askedMs === undefined) return; // several were under way
    const ownMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#pauses++, LONGEST_PAUSE_MS);
    const jitteredMs = ownMs / 2 + this.#parts.dice.below(ownMs / 2);
    const pauseMs = Math.max(jitteredMs, Math.min(askedMs ?? 0, LONGEST_PAUSE_MS));
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + pauseMs);
  }
}

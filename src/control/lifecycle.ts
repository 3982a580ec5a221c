import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../observe/log.ts';

/** What a stop by SIGINT leaves to what runs: a person is waiting. */
const INTERRUPT_GRACE_MS = 1_000;
/** One stop often arrives twice: from a service manager that tells the whole group, and from the launcher. */
const SAME_SIGNAL_MS = 100;
/** 128 + 15, as a shell says it of a process that SIGTERM ended. */
const TERMINATED_CODE = 143;
const INTERNAL_CODE = 70;

/** The part of `process` that matters here. */
export interface SignalSource {
  prependListener(event: string, listener: (error: Error) => void): unknown;
  removeListener(event: string, listener: (error: Error) => void): unknown;
}

export interface LifecycleOptions {
  readonly signals: SignalSource;
  readonly clock: Clock;
  readonly log: Log;
  readonly preStopMs: number;
  readonly graceMs: number;
  /** Told once, before anything else: what others can take over at once. */
  readonly yieldWork?: () => void;
  /** Stops listening and finishes what runs; a second call hurries the first. */
  readonly drain: (graceMs: number) => Promise<void>;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
}

/**
 * How the process ends.
 *
 *   running ─ SIGTERM ─► pre-stop: not ready, still accepting ─ preStopMs ─► draining ─ all gone, or graceMs ─► ended
 *      └───── SIGINT ──────────────────────────────────────────────────────────▲ with 1 s at most
 *
 * A second SIGTERM ends the process at once. SIGINT may come any number of times: a terminal tells every process of
 * the group, and the launcher passes it on as well. SIGHUP, a terminal that closes, is the same. An exception that nobody caught is logged and ends the process
 * with 70, so that the launcher starts it again: what the main thread believes may be wrong from there on.
 */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #ended = Promise.withResolvers<number>();
  readonly #listeners: readonly (readonly [string, (error: Error) => void])[];
  #phase: 'running' | 'pre-stop' | 'draining' = 'running';
  #terminatedAtMs: number | undefined;
  #interrupted = false;
  #timer: Timer | undefined;

  constructor(options: LifecycleOptions) {
    this.#options = options;
    this.#listeners = [
      ['SIGTERM', () => this.#terminate()],
      ['SIGINT', () => this.#interrupt('SIGINT')],
      ['SIGHUP', () => this.#interrupt('SIGHUP')],
      ['uncaughtException', (error) => this.#fault(error)],
      ['unhandledRejection', (error) => this.#fault(error)],
    ];
  }

  /** Told to stop: from here on the process is not ready. */
  get stopping(): boolean {
    return this.#phase !== 'running';
  }

  /** Resolves with the exit code when everything that ran has ended. */
  get ended(): Promise<number> {
    return this.#ended.promise;
  }

  /** Takes the signals; before others, so that the log has the reason when they end the process. */
  listen(): void {
    for (const [event, listener] of this.#listeners) this.#options.signals.prependListener(event, listener);
  }

  release(): void {
    for (const [event, listener] of this.#listeners) this.#options.signals.removeListener(event, listener);
    this.#timer?.cancel();
  }

  #terminate(): void {
    const { clock, log, preStopMs, graceMs, exit } = this.#options;
    if (this.#terminatedAtMs !== undefined) {
      if (clock.now() - this.#terminatedAtMs >= SAME_SIGNAL_MS) exit(TERMINATED_CODE);
      return;
    }
    this.#terminatedAtMs = clock.now();
    if (this.stopping) return;
    this.#phase = 'pre-stop';
    this.#options.yieldWork?.();
    log.info({ signal: 'SIGTERM', preStopMs, graceMs }, 'stopping');
    if (preStopMs === 0) this.#drain(graceMs);
    else this.#timer = clock.after(preStopMs, () => this.#drain(graceMs));
  }

  #interrupt(signal: 'SIGINT' | 'SIGHUP'): void {
    if (this.#interrupted) return;
    this.#interrupted = true;
    const graceMs = Math.min(this.#options.graceMs, INTERRUPT_GRACE_MS);
    this.#options.log.info({ signal, graceMs }, 'stopping');
    if (!this.stopping) this.#options.yieldWork?.();
    this.#drain(graceMs);
  }

  #drain(graceMs: number): void {
    this.#phase = 'draining';
    this.#timer?.cancel();
    this.#options.drain(graceMs).then(
      () => this.#ended.resolve(0),
      (error) => this.#fault(error),
    );
  }

  #fault(error: unknown): void {
    this.#options.log.error({ err: error }, 'main thread failed');
    this.#options.exit(INTERNAL_CODE);
  }
}

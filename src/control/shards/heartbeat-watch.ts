import type { Clock, Timer } from '../../base/clock.ts';
import type { Log } from '../../observe/log.ts';
import { shardWord } from '../../table/shard-words.ts';
import { stageOf } from './shard-stage.ts';

const INTERVAL_MS = 50;
/** A tick of ours that is this much late or more was our own lateness; the shards are forgiven the rest. */
const SLACK_MS = 25;
const WARN_MS = 100;
const WARN_EVERY_MS = 10_000;
export const LATE_MS = 1_000;
export const STUCK_MS = 2_000;

/** One incarnation of a shard as the watch sees it; `Pulse` says how long its heartbeat has stood still. */
export interface Watched {
  readonly index: number;
  readonly words: Float64Array;
  readonly pulse: Pulse;
  /** It carries traffic; one that is still on its way there may be slow without a word. */
  readonly carrying: boolean;
}

/** The heartbeat of one incarnation: how long its word has stood still, in time the watch itself was awake for. */
export class Pulse {
  standingMs = 0;
  #beat = -1;

  /** `passedMs`: what this look adds when the word has not moved. */
  look(beat: number, passedMs: number): void {
    if (beat !== this.#beat) {
      this.#beat = beat;
      this.standingMs = 0;
    } else {
      this.standingMs += passedMs;
    }
  }
}

export interface HeartbeatWatchOptions<T extends Watched> {
  readonly clock: Clock;
  readonly log: Log;
  /** The incarnations whose loop should be turning now. */
  readonly watched: () => Iterable<T>;
  /** The word of this one stood still for 2 s; called at each look until it is no longer in `watched`. */
  readonly onStuck: (shard: T) => void;
}

/**
 * Looks every 50 ms at the word that each shard counts up every 25 ms. A shard whose word stands still is named in the
 * log at 100 ms, makes the process not ready at 1 s (`lateMs`) and is given up at 2 s.
 *
 * When the machine slept or this thread was busy, nobody looked: of each gap between two looks only 75 ms count, so a
 * shard is blamed for time in which it was seen to stand still and for nothing else.
 */
export class HeartbeatWatch<T extends Watched> {
  readonly #options: HeartbeatWatchOptions<T>;
  readonly #warnedAtMs = new Map<number, number>();
  #lookedAtMs = 0;
  #timer: Timer | undefined;

  constructor(options: HeartbeatWatchOptions<T>) {
    this.#options = options;
  }

  start(): void {
    this.#lookedAtMs = this.#options.clock.now();
    this.#timer = this.#options.clock.after(INTERVAL_MS, () => this.#tick());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #tick(): void {
    this.#timer = this.#options.clock.after(INTERVAL_MS, () => this.#tick());
    const now = this.#options.clock.now();
    const passedMs = Math.min(now - this.#lookedAtMs, INTERVAL_MS + SLACK_MS);
    this.#lookedAtMs = now;
    // A copy: whoever is given up leaves the set while we go through it.
    for (const shard of [...this.#options.watched()]) this.#look(shard, passedMs, now);
  }

  #look(shard: T, passedMs: number, now: number): void {
    shard.pulse.look(shard.words[shardWord.heartbeat], passedMs);
    if (shard.carrying && shard.pulse.standingMs >= WARN_MS) this.#warn(shard, now);
    if (shard.pulse.standingMs >= STUCK_MS) this.#options.onStuck(shard);
  }

  #warn({ index, words, pulse }: T, now: number): void {
    const last = this.#warnedAtMs.get(index);
    if (last !== undefined && now - last < WARN_EVERY_MS) return;
    this.#warnedAtMs.set(index, now);
    this.#options.log.warn(
      { shard: index, stage: stageOf(words), standingMs: Math.round(pulse.standingMs) },
      'shard is late',
    );
  }
}

import type { Clock, Timer } from '../../base/clock.ts';
import type { Log } from '../../observe/log.ts';
import { shardWord } from '../../table/shard-words.ts';

/** From this share of the limit on, places are short. */
const PRESSURE_SHARE = 0.9;
/** So many refusals are timed together: 100 in less than 100 ms are more than 1,000 a second. */
const BURST = 100;
const BURST_MS = 100;
const PAUSE_MS = 100;
/** While it goes on, a flood is told once in this time. */
const TELL_AGAIN_MS = 10_000;

/** One open listener of an engine, as the gate needs it. */
export interface Door {
  readonly port: number;
  /** Refuses whatever comes, as cheaply as it can, and tells `Gate.refused`; or takes connections again. */
  refuse(everything: boolean): void;
  /** Stops listening, so that the kernel refuses; connections that were taken stay. */
  pause(): void;
  /** Listens again at the same port. */
  resume(): void;
  close(): void;
}

/**
 * How many may come in: one limit for all listeners of a shard. A connection over it is refused, which costs about
 * 20 µs; when they come faster than 1,000 a second the doors are shut for a moment, which costs nothing.
 */
export class Gate {
  readonly #words: Float64Array;
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #doors: Door[] = [];
  #closed = false;
  #pause: Timer | undefined;
  #burst = 0;
  #burstSinceMs = 0;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(words: Float64Array, limit: number, clock: Clock, log: Log) {
    this.#words = words;
    this.#limit = limit;
    this.#clock = clock;
    this.#log = log;
  }

  get ports(): number[] {
    return this.#doors.map((door) => door.port);
  }

  /** Nearly all places are taken. */
  get pressed(): boolean {
    return this.#words[shardWord.connectionsOpen] >= PRESSURE_SHARE * this.#limit;
  }

  add(door: Door): void {
    if (this.#closed) return door.close();
    this.#doors.push(door);
    door.refuse(this.#full);
  }

  /** A client has connected. */
  joined(): void {
    this.#words[shardWord.connectionsTotal]++;
    this.#words[shardWord.connectionsOpen]++;
    if (this.#full) this.#refuseAll(true);
  }

  /** A client that joined has gone. */
  left(): void {
    if (this.#full) this.#refuseAll(false);
    this.#words[shardWord.connectionsOpen]--;
  }

  /** A door has refused a connection. */
  refused(): void {
    this.#words[shardWord.connectionsRefused]++;
    if (++this.#burst < BURST) return;
    const nowMs = this.#clock.now();
    const fast = nowMs - this.#burstSinceMs < BURST_MS;
    this.#beginBurst(nowMs);
    if (fast) this.#pauseAll(nowMs);
  }

  /** For good. */
  close(): void {
    this.#closed = true;
    this.#pause?.cancel();
    for (const door of this.#doors.splice(0)) door.close();
  }

  get #full(): boolean {
    return this.#words[shardWord.connectionsOpen] >= this.#limit;
  }

  #refuseAll(everything: boolean): void {
    for (const door of this.#doors) door.refuse(everything);
  }

  #pauseAll(nowMs: number): void {
    if (this.#pause !== undefined) return;
    for (const door of this.#doors) door.pause();
    this.#pause = this.#clock.after(PAUSE_MS, () => this.#resumeAll());
    if (nowMs - this.#toldMs < TELL_AGAIN_MS) return;
    this.#toldMs = nowMs;
    this.#log.warn({ limit: this.#limit }, 'connections over the limit come too fast, accepting pauses');
  }

  #resumeAll(): void {
    this.#pause = undefined;
    this.#beginBurst(this.#clock.now());
    for (const door of this.#doors) door.resume();
  }

  #beginBurst(nowMs: number): void {
    this.#burst = 0;
    this.#burstSinceMs = nowMs;
  }
}

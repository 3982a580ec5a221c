import type { ResourceLimits } from 'node:worker_threads';
import type { Clock, Timer } from '../../base/clock.ts';
import type { Dice } from '../../base/dice.ts';
import type { Listener, ShardSettings } from '../../model/shard-settings.ts';
import type { Log } from '../../observe/log.ts';
import { newHealthWords } from '../../table/health-words.ts';
import type { Publication } from '../../table/shard-messages.ts';
import { shardWord } from '../../table/shard-words.ts';
import { HeartbeatWatch, LATE_MS } from './heartbeat-watch.ts';
import { migratesQueued, nudgePorts } from './port-nudge.ts';
import { RestartBackoff } from './restart-backoff.ts';
import { ShardHandle, type ShardOwner, type ShardThread } from './shard-handle.ts';
import { stageOf } from './shard-stage.ts';
import type { ShardState } from './shard-state.ts';
import { ShardTotals } from './shard-totals.ts';
import { ListenFailedError, ShardStartError } from './start-errors.ts';

/** Incarnations of one shard that may end before any has served; then the start has failed. */
const START_ATTEMPTS = 5;
/** What drained shards may take beyond the grace period before they are ended. */
const DRAIN_MARGIN_MS = 1_000;
const NUDGE_AFTER_MS = 20;

export interface SupervisorOptions {
  readonly count: number;
  readonly listeners: readonly Listener[];
  readonly settings: ShardSettings;
  /** What the shards call this process in Via. */
  readonly proxyName: string;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
  /** What runs in each thread; the shard itself unless told otherwise. */
  readonly workerUrl?: URL;
  readonly resourceLimits?: ResourceLimits;
}

/** One place among the shards, filled by one incarnation after the other. */
interface Slot {
  readonly index: number;
  readonly backoff: RestartBackoff;
  current: ShardHandle | undefined;
  /** Incarnations after the first. */
  restarts: number;
  timer: Timer | undefined;
}

/** A shard as the admin port shows it; times in milliseconds. */
export interface ShardReport {
  readonly index: number;
  /** 'waiting': the next incarnation is held back for a moment. */
  readonly state: ShardState | 'waiting';
  readonly adopted: number;
  readonly restarts: number;
  readonly stage: string;
  readonly heartbeatAgeMs: number;
  readonly servingForMs: number;
  readonly connectionsOpen: number;
  readonly exchangesActive: number;
}

const shardUrl = new URL(import.meta.url.endsWith('.ts') ? '../../worker.ts' : '../../worker.js', import.meta.url);

/**
 * Keeps N shards alive. Each is a thread that loads, adopts the newest publication, listens, serves. With a port 0 one
 * shard listens first and the others are told which port it got; that port is kept for the life of the process.
 *
 *   start ─► thread ─ started ─► adopt ─ adopted ─► listen ─ listening ─► serving
 *     ▲                                                                      │ failed · exit · stuck
 *     └───────────────────────── back-off ◄──────────────────────────────────┘
 *
 * A shard that leaves closes its listening socket, and the kernel resets the connections that wait in its accept queue,
 * unless net.ipv4.tcp_migrate_req is 1: then they move to the queues of the other shards. Measured with 100 connections
 * while one of three shards left: 30 to 37 were reset with 0, none with 1. Kernels differ in whether they wake the shard
 * that gets them or leave them until one more connection arrives (Linux 6.18.44 wakes it), so where the switch is 1 the
 * ports are nudged.
 */
export class Supervisor {
  /** Health words of all endpoint slots (`table/health-words.ts`), shared with every shard. */
  readonly health = newHealthWords();
  readonly #options: SupervisorOptions;
  readonly #thread: ShardThread;
  readonly #slots: readonly Slot[];
  /** Every incarnation whose thread has not ended, also those that were replaced. */
  readonly #live = new Set<ShardHandle>();
  readonly #totals = new ShardTotals();
  readonly #watch: HeartbeatWatch<ShardHandle>;
  readonly #started = Promise.withResolvers<void>();
  readonly #allGone = Promise.withResolvers<void>();
  readonly #owner: ShardOwner;
  #listeners: readonly Listener[];
  #newest: Publication | undefined;
  #phase: 'starting' | 'steady' | 'draining' = 'starting';

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const { settings, proxyName, workerUrl = shardUrl, resourceLimits, dice, clock, log } = options;
    this.#thread = { workerUrl, settings, proxyName, resourceLimits, health: this.health.buffer };
    this.#listeners = options.listeners;
    this.#slots = Array.from({ length: options.count }, (_, index) => newSlot(index, dice));
    this.#owner = {
      clock,
      log,
      onProgress: (shard) => this.#progress(shard),
      onListenFailed: (shard, listener, code) => this.#listenFailed(shard, listener, code),
      onLost: (shard) => this.#lost(shard),
      onGone: (shard) => this.#gone(shard),
    };
    this.#watch = new HeartbeatWatch({
      clock,
      log,
      watched: () => [...this.#live].filter((shard) => shard.beating),
      onStuck: (shard) => shard.stuck(),
    });
  }

  /**
   * Starts the threads; `send` may come before or after. Resolves when every shard serves what was published, so the
   * first generation is programmed. Rejects with ListenFailedError or ShardStartError when that cannot be, and with
   * nothing left running.
   */
  start(): Promise<void> {
    for (const slot of this.#slots) this.#spawn(slot);
    this.#watch.start();
    return this.#started.promise;
  }

  /** Takes a publication to every shard, those to come included. */
  send(publication: Publication): void {
    this.#newest = publication;
    for (const shard of this.#live) shard.offer(publication);
  }

  /** The oldest generation that a thread may still read; 0 while one has none yet, Infinity without threads. */
  oldestAdopted(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const shard of this.#live) oldest = Math.min(oldest, shard.adopted);
    return oldest;
  }

  /** The newest generation that every serving shard has acknowledged; 0 while none serves. */
  get programmed(): number {
    const serving = this.#serving();
    return serving.length === 0 ? 0 : Math.min(...serving.map((shard) => shard.adopted));
  }

  /** Where the shards listen; a port stays 0 until the first shard has said which one it got. */
  get listeners(): readonly Listener[] {
    return this.#listeners;
  }

  /** Every shard has served: from here on one that is missing is being replaced. */
  get steady(): boolean {
    return this.#phase !== 'starting';
  }

  get draining(): boolean {
    return this.#phase === 'draining';
  }

  get servingCount(): number {
    return this.#serving().length;
  }

  /** Indices of serving shards whose heartbeat has stood still for a second or longer. */
  lateShards(): readonly number[] {
    return this.#serving()
      .filter((shard) => shard.pulse.standingMs >= LATE_MS)
      .map((shard) => shard.index);
  }

  /** Sums over all shards that are and were, in the order of `shardWord`. */
  totals(): Float64Array {
    return this.#totals.sum([...this.#live].map((shard) => shard.words));
  }

  reports(): readonly ShardReport[] {
    return this.#slots.map((slot) => this.#report(slot));
  }

  /**
   * Stops listening everywhere, lets the shards finish what runs and ends what is left 1 s after the grace period.
   * Resolves when every thread is gone, or 1 s after that at the latest. May be called again with a shorter period.
   */
  async drain(graceMs: number): Promise<void> {
    this.#phase = 'draining';
    for (const slot of this.#slots) slot.timer?.cancel();
    for (const shard of this.#live) shard.drain(graceMs);
    const limit = this.#options.clock.after(graceMs + DRAIN_MARGIN_MS, () => this.#endDrain());
    if (this.#live.size === 0) this.#allGone.resolve();
    await this.#allGone.promise;
    limit.cancel();
    this.#watch.stop();
  }

  #serving(): readonly ShardHandle[] {
    return [...this.#live].filter((shard) => shard.state === 'serving');
  }

  #spawn(slot: Slot): void {
    slot.timer = undefined;
    const shard = new ShardHandle(slot.index, this.#thread, this.#owner);
    slot.current = shard;
    this.#live.add(shard);
    if (this.#newest !== undefined) shard.offer(this.#newest);
  }

  #progress(shard: ShardHandle): void {
    if (shard.state === 'serving' && !this.#portsKnown()) this.#learnPorts(shard.ports);
    this.#listen();
    if (this.#phase === 'starting' && this.#serving().length === this.#slots.length) {
      this.#phase = 'steady';
      this.#started.resolve();
    }
  }

  #portsKnown(): boolean {
    return this.#listeners.every((listener) => listener.port !== 0);
  }

  #learnPorts(ports: readonly number[]): void {
    this.#listeners = this.#listeners.map((listener, i) => ({ ...listener, port: ports[i] }));
  }

  /** Tells everyone who is ready to listen to do so; while a port is not known yet, one shard at a time. */
  #listen(): void {
    for (const shard of this.#live) {
      if (shard.state !== 'adopted') continue;
      if (!this.#portsKnown() && [...this.#live].some((other) => other.state === 'binding')) return;
      shard.listen(this.#listeners);
    }
  }

  #listenFailed(shard: ShardHandle, listener: Listener, code: string): void {
    this.#options.log.error({ shard: shard.index, listener, code }, 'shard cannot listen');
    if (this.#phase === 'starting') this.#failStart(new ListenFailedError(listener, code));
    else shard.abandon();
  }

  /** Its place is to be filled again. */
  #lost(shard: ShardHandle): void {
    this.#nudge();
    const slot = this.#slots[shard.index];
    if (slot.current !== shard) return;
    slot.current = undefined;
    if (this.#phase === 'starting' && slot.restarts + 1 >= START_ATTEMPTS) {
      this.#failStart(new ShardStartError(slot.index, START_ATTEMPTS));
    }
    if (this.#phase !== 'draining') this.#refill(slot, shard);
  }

  #refill(slot: Slot, lost: ShardHandle): void {
    const { clock } = this.#options;
    const waitMs = slot.backoff.next(lost.servingSinceMs === undefined ? 0 : clock.now() - lost.servingSinceMs);
    slot.restarts++;
    if (waitMs === 0) this.#spawn(slot);
    else slot.timer = clock.after(waitMs, () => this.#spawn(slot));
    this.#listen(); // the one that was lost may have been the one that asked for the ports
  }

  #gone(shard: ShardHandle): void {
    this.#live.delete(shard);
    this.#totals.keep(shard.words);
    this.#lost(shard);
    if (this.#live.size === 0 && this.#phase === 'draining') this.#allGone.resolve();
  }

  /** Drains before it tells, so that nothing runs when the caller hears of it. */
  #failStart(error: Error): void {
    this.#terminateAll();
    void this.drain(0).then(() => this.#started.reject(error));
  }

  #terminateAll(): void {
    for (const shard of this.#live) shard.terminate();
  }

  /** A thread inside native code may not end even so; it ends with the process. */
  #endDrain(): void {
    this.#terminateAll();
    this.#options.clock.after(DRAIN_MARGIN_MS, () => this.#allGone.resolve());
  }

  /** A shard that fails says so just before it closes its sockets, hence the moment of patience. */
  #nudge(): void {
    if (this.#phase !== 'steady' || !migratesQueued()) return;
    this.#options.clock.after(NUDGE_AFTER_MS, () => {
      const serving = this.#serving().length;
      if (serving > 0) void nudgePorts(this.#listeners, serving);
    });
  }

  #report({ index, current, restarts }: Slot): ShardReport {
    const words = current?.words;
    return {
      index,
      state: current?.state ?? 'waiting',
      adopted: current?.adopted ?? 0,
      restarts,
      stage: words === undefined ? 'unknown' : stageOf(words),
      heartbeatAgeMs: Math.round(current?.pulse.standingMs ?? 0),
      servingForMs:
        current?.servingSinceMs === undefined ? 0 : Math.round(this.#options.clock.now() - current.servingSinceMs),
      connectionsOpen: words?.[shardWord.connectionsOpen] ?? 0,
      exchangesActive: words?.[shardWord.exchangesActive] ?? 0,
    };
  }
}

const newSlot = (index: number, dice: Dice): Slot => ({
  index,
  backoff: new RestartBackoff(dice),
  current: undefined,
  restarts: 0,
  timer: undefined,
});

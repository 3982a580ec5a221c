import { type ResourceLimits, Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../../base/clock.ts';
import type { Listener, ShardSettings } from '../../model/shard-settings.ts';
import type { Log } from '../../observe/log.ts';
import type { FromShard, Publication, ShardStart, ToShard } from '../../table/shard-messages.ts';
import { newShardWords } from '../../table/shard-words.ts';
import { Pulse } from './heartbeat-watch.ts';
import { stageOf } from './shard-stage.ts';
import { isLeaving, moveShard, type ShardState } from './shard-state.ts';

/** Loading the code takes under a second; this is for a machine that does little else. */
const START_LIMIT_MS = 60_000;
/** What a shard with an exception may take to finish what runs. */
const SETTLE_LIMIT_MS = 10_000;

export interface ShardThread {
  readonly workerUrl: URL;
  readonly settings: ShardSettings;
  readonly proxyName: string;
  readonly health: SharedArrayBuffer;
  readonly resourceLimits: ResourceLimits | undefined;
}

/** What a handle tells its supervisor. */
export interface ShardOwner {
  readonly clock: Clock;
  readonly log: Log;
  /** A step forward: adopted, or listening. */
  onProgress(shard: ShardHandle): void;
  onListenFailed(shard: ShardHandle, listener: Listener, code: string): void;
  /** It takes no more connections and is to be replaced: an exception, or it was given up. */
  onLost(shard: ShardHandle): void;
  /** The thread is no more. */
  onGone(shard: ShardHandle): void;
}

/** One incarnation of a shard: its thread, what it said last, and the words it writes. */
export class ShardHandle {
  readonly index: number;
  readonly words = newShardWords();
  readonly pulse = new Pulse();
  /** Newest generation it acknowledged. */
  adopted = 0;
  /** As it listens, with real ports; empty before. */
  ports: readonly number[] = [];
  servingSinceMs: number | undefined;
  #state: ShardState = 'starting';
  #newest: Publication | undefined;
  /** Generation that was sent and is not acknowledged yet; 0 for none. */
  #offered = 0;
  #limit: Timer;
  readonly #owner: ShardOwner;
  readonly #worker: Worker;

  constructor(index: number, thread: ShardThread, owner: ShardOwner) {
    this.index = index;
    this.#owner = owner;
    const { workerUrl, settings, proxyName, health, resourceLimits } = thread;
    const workerData: ShardStart = { index, settings, proxyName, health, words: this.words.buffer };
    this.#worker = new Worker(workerUrl, {
      workerData,
      name: `shard-${index}`,
      ...(resourceLimits && { resourceLimits }),
    });
    this.#worker.on('message', (message: FromShard) => this.#take(message));
    this.#worker.on('messageerror', (error) => this.#giveUp('shard sent what cannot be read', { err: error }));
    this.#worker.on('error', (error) => this.#fault(error));
    this.#worker.on('exit', (exitCode) => this.#exit(exitCode));
    this.#limit = owner.clock.after(START_LIMIT_MS, () =>
      this.#giveUp('shard did not start', { limitMs: START_LIMIT_MS }),
    );
  }

  get state(): ShardState {
    return this.#state;
  }

  /** It serves or is on its way there. */
  get current(): boolean {
    return !isLeaving(this.#state);
  }

  /** Its loop turns, or should. */
  get beating(): boolean {
    return this.#state !== 'starting' && this.#state !== 'ending' && this.#state !== 'gone';
  }

  get carrying(): boolean {
    return this.#state === 'serving' || this.#state === 'draining';
  }

  /**
   * Takes the newest publication to the shard. One is under way at a time: a shard that is slow gets the newest next
   * and never the ones between, so its queue of messages stays short.
   */
  offer(publication: Publication): void {
    this.#newest = publication;
    if (!this.beating || this.#offered !== 0 || publication.generation <= this.adopted) return;
    this.#offered = publication.generation;
    this.#move('adopting');
    this.#post({ type: 'adopt', publication });
  }

  listen(listeners: readonly Listener[]): void {
    this.#move('binding');
    this.#post({ type: 'listen', listeners });
  }

  /** One that has not come to serving has nothing to finish and is ended. May be called again with a shorter period. */
  drain(graceMs: number): void {
    if (this.#state === 'serving' || this.#state === 'binding' || this.#state === 'draining') {
      this.#move('draining');
      this.#post({ type: 'drain', graceMs });
    } else if (this.current) {
      this.terminate();
    }
  }

  /** Ends the thread from outside; `onGone` follows. */
  terminate(): void {
    this.#move('ending');
    void this.#worker.terminate();
  }

  /** The word of its heartbeat stood still for too long. */
  stuck(): void {
    const fields = { stage: stageOf(this.words), standingMs: Math.round(this.pulse.standingMs) };
    this.#giveUp('shard is stuck', fields);
  }

  /** It cannot listen; the supervisor said why. */
  abandon(): void {
    this.terminate();
    this.#owner.onLost(this);
  }

  #take(message: FromShard): void {
    const { log } = this.#owner;
    if (message.type === 'started') this.#started();
    else if (message.type === 'adopted') this.#adopted(message.generation);
    else if (message.type === 'listening') this.#listening(message.ports);
    else if (message.type === 'listen-failed') this.#owner.onListenFailed(this, message.listener, message.code);
    else if (message.type === 'failed') this.#failed(message.message, message.stack);
    else if (message.type === 'drained') log.debug({ shard: this.index }, 'shard drained');
    else log[message.level]({ ...message.fields, shard: this.index }, message.message);
  }

  #started(): void {
    this.#limit.cancel();
    this.#move('idle');
    if (this.#newest !== undefined) this.offer(this.#newest);
  }

  #adopted(generation: number): void {
    this.adopted = Math.max(this.adopted, generation);
    this.#offered = 0;
    this.#move('adopted');
    if (this.#newest !== undefined) this.offer(this.#newest);
    this.#owner.onProgress(this);
  }

  #listening(ports: readonly number[]): void {
    this.ports = ports;
    this.servingSinceMs = this.#owner.clock.now();
    this.#move('serving');
    this.#owner.onProgress(this);
  }

  /** It has closed its listeners by itself: the next one starts now, this one finishes what runs. */
  #failed(message: string, stack: string): void {
    this.#owner.log.error({ shard: this.index, reason: message, stack }, 'shard failed');
    if (this.#state === 'ending') return;
    this.#move('settling');
    this.#limit.cancel();
    this.#limit = this.#owner.clock.after(SETTLE_LIMIT_MS, () => this.#settleLimit());
    this.#owner.onLost(this);
  }

  #settleLimit(): void {
    this.#owner.log.warn({ shard: this.index, limitMs: SETTLE_LIMIT_MS }, 'failed shard did not leave and is ended');
    this.terminate();
  }

  #giveUp(message: string, fields: object): void {
    if (this.#state === 'ending' || this.#state === 'gone') return;
    this.#owner.log.error({ shard: this.index, ...fields }, message);
    this.abandon();
  }

  /** An exception before the thread could say `failed`, or its memory is used up; the exit follows. */
  #fault(error: unknown): void {
    this.#owner.log.error({ shard: this.index, err: error }, 'shard ended with an exception');
  }

  #exit(exitCode: number): void {
    this.#limit.cancel();
    if (this.current) this.#owner.log.error({ shard: this.index, exitCode }, 'shard ended unexpectedly');
    this.#move('gone');
    this.#owner.onGone(this);
  }

  #move(to: ShardState): void {
    this.#state = moveShard(this.#state, to);
  }

  #post(message: ToShard): void {
    this.#worker.postMessage(message);
  }
}

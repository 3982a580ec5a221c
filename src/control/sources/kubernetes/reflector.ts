import { ApiUnreachable } from '../../cluster/api.ts';
import { CallLimit } from '../../cluster/call-limit.ts';
import { collectionPath } from '../../cluster/resources.ts';
import { BackOff, jittered } from './back-off.ts';
import { Delivery } from './delivery.ts';
import { differences, type HeldMap, hold, keyOfName, nameOf } from './held-objects.ts';
import { isOlder } from './is-older.ts';
import { ListJudge } from './list-judge.ts';
import type { ObjectName, ReflectorParts, ReflectorReport, ReflectorState } from './reflector-parts.ts';
import { refusedAnswer, Setback } from './setback.ts';
import { TimeSlice } from './time-slice.ts';
import { belongs, readWatchEvent } from './watch-event.ts';
import { WatchLines } from './watch-lines.ts';
import { type ListRequest, readVersion, readWholeList, selectorsOf, type WholeList } from './whole-list.ts';

const PAGE_LIMIT = 500;
const LEAST_PAGE_LIMIT = 10;
const RELIST_MS = 4 * 3_600_000;
const HEAD_TIMEOUT_MS = 30_000;
/** The server ends a watch after so long; a random part keeps those of many replicas apart. */
const WATCH_SECONDS = 240;
const WATCH_SECONDS_MORE = 121;
/** How much longer than the server's own end a watch may be silent before it counts as dead. */
const SILENCE_MS = 30_000;
const HEALTHY_AFTER_MS = 10_000;
/** A watch that ends sooner and brought nothing has failed, whatever it says. */
const SHORTEST_WATCH_MS = 1000;
const REOPEN_MS = 100;
/** Watches in a row that opened and brought nothing: perhaps none ever will from this version, or through this proxy. */
const FRUITLESS_WATCHES = 4;
/** Its clock and ours may differ by this much over one watch. */
const EARLY_MS = 2000;
/** An absent or forbidden kind is looked for again after half as long to half as much again. */
const LOOK_AGAIN_MS = 16_000;
const SECOND_LOOK_MS = 1000;

/**
 * Keeps a sink as one collection of the API server is, until stopped.
 *
 *            ┌────────── version lost, or time for a whole list ◄─────────┐
 *            ▼                                                            │
 *   start ─► list ──► suspicious? ──no──► take ──► watch ──► events ──► sink
 *            ▲            │ yes                      ▲  │ ends
 *            └─ wait 1 s ─┘                          └──┤ well: at once
 *                                                       └ badly: back off, same version
 *
 * Nothing that the server does, says or leaves out ends this loop, and nothing but a believable list removes objects.
 */
export class Reflector<T> {
  /** The first whole list has been handed over. */
  readonly synced: Promise<void>;
  readonly #parts: ReflectorParts<T>;
  readonly #delivery: Delivery<T>;
  readonly #backOff: BackOff;
  readonly #judge = new ListJudge<T>();
  readonly #stop = new AbortController();
  #setSynced = (): void => {};
  #running: Promise<void> | undefined;

  #held: HeldMap<T> = new Map();
  /** Of the last list, event or bookmark. */
  #version: string | undefined;
  #mustList = true;
  /** The last watch ended before its time: the server may have been put back to an earlier state meanwhile. */
  #isUnsure = false;
  #relistAt = 0;
  #pageLimit: number;
  /** Setbacks in a row. */
  #setbacks = 0;
  /** Watches in a row that opened and brought nothing, since the last list. */
  #fruitless = 0;
  /** The log knows of trouble, so it is owed the news of its end. */
  #told = false;

  #state: ReflectorState = 'listing';
  #isSynced = false;
  #lists = 0;
  #watches = 0;
  #errors = 0;
  #relistChanges = 0;
  #lastError: string | undefined;
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(parts: ReflectorParts<T>) {
    this.#parts = parts;
    this.#delivery = new Delivery(parts, () => this.#taken());
    this.#backOff = new BackOff(parts.dice);
    this.#pageLimit = parts.pageLimit ?? PAGE_LIMIT;
    this.synced = new Promise((resolve) => {
      this.#setSynced = resolve;
    });
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#delivery.stop();
    this.#enter('stopped');
  }

  report(): ReflectorReport {
    return {
      state: this.#state,
      synced: this.#isSynced,
      objects: this.#held.size,
      ...{ lists: this.#lists, watches: this.#watches, errors: this.#errors, relistChanges: this.#relistChanges },
      lastError: this.#lastError,
      lastHeardMs: this.#parts.clock.now() - this.#heardAt,
    };
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        if (this.#mustList || this.#version === undefined) await this.#list(undefined);
        else if (this.#parts.clock.now() >= this.#relistAt) await this.#list(this.#version);
        else await this.#watch(this.#version);
      } catch (error) {
        if (!this.#isStopped) await this.#recover(error);
      }
    }
  }

  /** @param exactVersion where we stand: what differs then is what watching has missed. */
  async #list(exactVersion: string | undefined): Promise<void> {
    if (this.#setbacks === 0 && this.#judge.doubts === 0) this.#enter('listing');
    this.#mustList = true;
    const list = await readWholeList(this.#listRequest(this.#pageLimit, exactVersion));
    if (this.#isStopped) return;
    this.#lists++;
    const doubt = this.#judge.judge(list, this.#held, this.#version);
    if (doubt === undefined) this.#take(list, exactVersion !== undefined);
    else await this.#lookTwice(doubt, list);
  }

  async #lookTwice(doubt: string, list: WholeList<T>): Promise<void> {
    this.#enter('doubting');
    const fields = { ...this.#fields(), doubt, held: this.#held.size, listed: list.objects.size };
    if (this.#judge.doubts === 1) this.#parts.log.warn(fields, 'a list of the cluster is not believed at once');
    await this.#sleep(SECOND_LOOK_MS + this.#parts.dice.below(SECOND_LOOK_MS));
  }

  #take(list: WholeList<T>, countsChanges: boolean): void {
    const before = this.#held;
    let changes = 0;
    for (const [key, held] of differences(before, list.objects)) {
      if (held === undefined) this.#delivery.remove(key, (before.get(key) as { readonly name: ObjectName }).name);
      else this.#delivery.put(key, held);
      changes++;
    }
    if (countsChanges) this.#tellMissed(changes);
    this.#held = list.objects;
    this.#version = list.version;
    this.#mustList = false;
    this.#fruitless = 0;
    this.#isUnsure = false;
    this.#relistAt = this.#parts.clock.now() + jittered(this.#parts.relistMs ?? RELIST_MS, this.#parts.dice);
    this.#delivery.flush(!this.#isSynced);
  }

  #tellMissed(changes: number): void {
    if (changes === 0) return;
    this.#relistChanges += changes;
    this.#parts.log.warn({ ...this.#fields(), changes }, 'a whole list found what watching had missed');
  }

  /** The sink has everything that there was to tell; the first time that is a whole list. */
  #taken(): void {
    if (this.#isSynced) return;
    this.#isSynced = true;
    this.#setSynced();
    this.#parts.onState?.();
  }

  async #watch(version: string): Promise<void> {
    if (this.#isUnsure) await this.#checkTime(version);
    this.#isUnsure = true;
    const { clock, api, dice, resource, namespace } = this.#parts;
    const timeoutSeconds = WATCH_SECONDS + dice.below(WATCH_SECONDS_MORE);
    const silence = new CallLimit(clock, timeoutSeconds * 1000 + SILENCE_MS, this.#stop.signal);
    const selectors = selectorsOf(this.#parts);
    const query = { ...selectors, watch: '1', allowWatchBookmarks: 'true', resourceVersion: version };
    try {
      const stream = await api.stream({
        ...{ method: 'GET', path: collectionPath(resource, namespace), timeoutMs: HEAD_TIMEOUT_MS },
        ...{ query: { ...query, timeoutSeconds: String(timeoutSeconds) }, signal: silence.signal },
      });
      this.#heard();
      if (stream.status !== 200) throw await refusedAnswer(stream);
      await this.#follow(stream.chunks, silence, timeoutSeconds * 1000 - EARLY_MS);
    } catch (error) {
      throw silence.reached === 'late' ? new Setback('failed', 'the watch was silent for too long') : error;
    } finally {
      silence.end();
    }
  }

  /** A watch from a version that the server has not reached is taken, and stays silent until it has: real servers do so. */
  async #checkTime(version: string): Promise<void> {
    const now = await readVersion(this.#listRequest(1, undefined));
    if (isOlder(now, version)) throw new Setback('expired', 'the server has gone back in time');
  }

  #listRequest(pageLimit: number, exactVersion: string | undefined): ListRequest<T> {
    const heard = (): void => this.#heard();
    return { parts: this.#parts, before: this.#held, pageLimit, exactVersion, signal: this.#stop.signal, heard };
  }

  /** @param wholeMs a watch that ends sooner was not ended by its time. */
  async #follow(chunks: AsyncIterable<Buffer>, silence: CallLimit, wholeMs: number): Promise<void> {
    const { clock } = this.#parts;
    const openedAt = clock.now();
    const wellAfter = clock.after(HEALTHY_AFTER_MS, () => this.#well());
    this.#watches++;
    this.#fruitless++;
    this.#enter('watching');
    try {
      const events = await this.#readEvents(chunks, silence);
      const isShort = events === 0 && clock.now() - openedAt < SHORTEST_WATCH_MS;
      if (isShort && !this.#isStopped) throw new Setback('failed', 'the watch ended at once');
      this.#isUnsure = clock.now() - openedAt < wholeMs;
    } finally {
      wellAfter.cancel();
    }
    await this.#sleep(this.#parts.dice.below(REOPEN_MS));
  }

  /** @returns how many there were. */
  async #readEvents(chunks: AsyncIterable<Buffer>, silence: CallLimit): Promise<number> {
    const lines = new WatchLines();
    let count = 0;
    const slice = new TimeSlice(this.#parts.clock);
    for await (const chunk of chunks) {
      if (this.#isStopped) break;
      this.#heard();
      silence.restart();
      try {
        for (const line of lines.push(chunk)) {
          this.#takeEvent(line);
          count++;
        }
      } finally {
        this.#delivery.flush();
      }
      if (slice.isOver) await slice.rest();
    }
    if (lines.open > 0) throw new Setback('failed', 'the watch ended in the middle of a line');
    return count;
  }

  #takeEvent(line: Buffer): void {
    const event = readWatchEvent(line);
    const version = event.type === 'BOOKMARK' ? event.version : event.object.metadata.resourceVersion;
    if (isOlder(version, this.#version as string)) {
      throw new Setback('garbled', 'the watch told something older than what was known');
    }
    if (event.type !== 'BOOKMARK') {
      if (!belongs(event.object, this.#parts)) {
        throw new Setback('garbled', 'the watch told of another kind or namespace');
      }
      const name = nameOf(event.object);
      const key = keyOfName(name);
      const before = this.#held.get(key);
      const held = event.type === 'DELETED' ? undefined : hold(event.object, before, this.#parts);
      if (held !== undefined) this.#held.set(key, held);
      else this.#held.delete(key);
      if (held === undefined && before !== undefined) this.#delivery.remove(key, name);
      if (held !== undefined && held !== before) this.#delivery.put(key, held);
    }
    this.#version = version;
    this.#well();
  }

  /** The watch works: trouble, if there was any, is over. */
  #well(): void {
    this.#backOff.reset();
    this.#fruitless = 0;
    if (this.#setbacks === 0) return;
    this.#setbacks = 0;
    this.#lastError = undefined;
    if (!this.#told) return;
    this.#told = false;
    this.#parts.log.info(this.#fields(), 'the cluster is followed again');
  }

  async #recover(error: unknown): Promise<void> {
    const setback = setbackOf(error);
    this.#errors++;
    this.#setbacks++;
    const isFirst = this.#setbacks === 1;
    const state = stateOf(setback);
    const isUseless = setback.kind === 'expired' || setback.kind === 'garbled' || this.#fruitless >= FRUITLESS_WATCHES;
    if (isUseless) this.#mustList = true;
    if (setback.kind === 'slow') this.#pageLimit = Math.max(LEAST_PAGE_LIMIT, this.#pageLimit >> 1);
    // A version that is too old is nobody's fault, and the list mends it.
    if (setback.kind === 'expired' && isFirst) return;
    const waitMs = this.#waitMs(setback);
    if (isFirst || state !== this.#state) this.#tell(setback, waitMs);
    this.#lastError = setback.message;
    this.#enter(this.#judge.doubts > 0 ? 'doubting' : state);
    await this.#sleep(waitMs);
  }

  #waitMs({ kind, retryAfterMs }: Setback): number {
    if (kind === 'absent' || kind === 'forbidden') return jittered(LOOK_AGAIN_MS, this.#parts.dice);
    return this.#backOff.next(retryAfterMs);
  }

  #tell({ kind, message }: Setback, waitMs: number): void {
    this.#told = true;
    const fields = { ...this.#fields(), error: message, retryMs: Math.round(waitMs) };
    this.#parts.log.warn(fields, kind in tellings ? tellings[kind as keyof typeof tellings] : TROUBLE);
  }

  #fields(): object {
    const { resource, namespace } = this.#parts;
    return { kind: resource.kind, ...(namespace === undefined ? {} : { namespace }) };
  }

  #heard(): void {
    this.#heardAt = this.#parts.clock.now();
  }

  #enter(state: ReflectorState): void {
    if (this.#state === state || this.#state === 'stopped') return;
    this.#state = state;
    this.#parts.onState?.();
  }

  #sleep(ms: number): Promise<void> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const timer = this.#parts.clock.after(ms, done);
      signal.addEventListener('abort', done);
      function done(): void {
        timer.cancel();
        signal.removeEventListener('abort', done);
        resolve();
      }
    });
  }
}

const TROUBLE = 'the cluster cannot be followed, what is known stays';
const tellings = {
  absent: 'the API server does not know this kind, looking for it again and again',
  forbidden: 'the API server lets us not read this kind, asking again and again',
} as const;

const stateOf = ({ kind }: Setback): ReflectorState => (kind === 'absent' || kind === 'forbidden' ? kind : 'waiting');

function setbackOf(error: unknown): Setback {
  if (error instanceof Setback) return error;
  if (error instanceof ApiUnreachable) return new Setback('failed', error.message);
  return new Setback('failed', `unexpected: ${String(error)}`);
}

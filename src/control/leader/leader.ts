import type { Clock } from '../../base/clock.ts';
import type { Dice } from '../../base/dice.ts';
import type { Log } from '../../observe/log.ts';
import type { ApiAnswer, ClusterApi } from '../cluster/api.ts';
import { microTime } from '../micro-time.ts';
import {
  isOurs,
  type LeaseTiming,
  leaseTiming,
  type Move,
  nextMove,
  type Sighting,
  see,
  type Tenure,
} from './election.ts';
import { LeaseDoor } from './lease-door.ts';
import { type RawLease, readLease } from './lease-record.ts';
import { elapsedAtMostMs, type Moment, type MomentNow, systemMoment } from './moment.ts';
import { Nap } from './nap.ts';

export interface LeaderParts {
  readonly api: ClusterApi;
  readonly namespace: string;
  readonly name: string;
  /** No other process that lives may have the same, or they wait for each other. */
  readonly identity: string;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
  /** Tells each change of the Lease, undefined when it is gone: only news, which may come late or not at all. */
  readonly follow?: (tell: (lease: RawLease | undefined) => void) => { stop(): Promise<void> };
  readonly timing?: LeaseTiming;
  readonly momentNow?: MomentNow;
}

export interface LeaderFacts {
  readonly identity: string;
  readonly leads: boolean;
  /** Who holds the Lease, as far as we know; '' for nobody. */
  readonly holder: string;
  /** How often the Lease has changed hands. */
  readonly transitions: number;
  /** Why the last attempt to read or write the Lease failed; undefined after one that did not. */
  readonly lastError: string | undefined;
}

/** A write of the Lease: what it says, and when it was sent. */
interface Attempt {
  readonly tenure: Tenure;
  readonly sentAt: Moment;
}

/** How long a stop may take when the API server does not answer. */
const STOP_MS = 2_000;
const LONGEST_PAUSE_MS = 8_000;
const look: Move = { act: 'look' };
/** The API server keeps it in 31 bits and refuses what is more. */
const MOST_TRANSITIONS = 2 ** 31;
/** After 409, and between an attempt that took long and the next. */
const BREATH_MS = 250;

/**
 * Election by one Lease: at most one process at a time has `mayWrite`.
 *
 *   candidate ── the claim that it saw has ended: writes its name ──► leader ── renews every 2 s ──┐
 *       ▲                                                               │  ▲─────────────────────────┘
 *       ├── the Lease has another holder (409, then a look) ────────────┤
 *       └── stop: takes its name out ───────────────────────────────────┘
 *
 * Two bounds keep writers apart. A leader writes for 10 s after it *sent* the last renewal that succeeded, by the clock
 * that says most; a write that it began then is given up after 5 s. A candidate waits for 15 s after it *saw* the last
 * change, by the clock that says least. Each write of the Lease carries the version that it was built on, so of two
 * candidates one gets 409, and a leader that comes back from a long sleep too.
 *
 * A leader whose deadline has passed keeps its tenure: when its next renewal succeeds, nobody else held the Lease.
 */
export class Leader {
  readonly #parts: LeaderParts;
  readonly #timing: LeaseTiming;
  readonly #momentNow: MomentNow;
  readonly #listeners: ((leads: boolean) => void)[] = [];
  readonly #notes = new Map<string, string>();
  readonly #waiting: ((stands: boolean) => void)[] = [];
  readonly #door: LeaseDoor;
  readonly #nap: Nap;
  #sighting: Sighting | undefined;
  #tenure: Tenure | undefined;
  /** The tenure that was last written, whatever became of that. */
  #attempted: Attempt | undefined;
  #renewedAt: Moment | undefined;
  /** When a leader renews, and a candidate looks. */
  #nextAttemptMs = 0;
  /** After a failure: nothing is asked earlier. */
  #notBeforeMs = 0;
  #attemptAtMs = 0;
  /** Nobody knows what became of the write that was to take the Lease. */
  #doubtful = false;
  #told = false;
  #lastError: string | undefined;
  #writing = false;
  #stopping: Promise<void> | undefined;
  #loop: Promise<void> = Promise.resolve();
  #following: { stop(): Promise<void> } | undefined;
  readonly #looking = new AbortController();

  constructor(parts: LeaderParts) {
    this.#parts = parts;
    this.#timing = parts.timing ?? leaseTiming;
    this.#momentNow = parts.momentNow ?? systemMoment;
    this.#door = new LeaseDoor(parts);
    this.#nap = new Nap(parts.clock);
  }

  start(): void {
    this.#following = this.#parts.follow?.((lease) => this.#hear(lease));
    this.#loop = this.#run();
  }

  get leads(): boolean {
    return this.mayWrite();
  }

  /** Ask before each write. True only while the last renewal is recent, also in the first turn after a long stop. */
  mayWrite(): boolean {
    if (this.#stopping !== undefined || this.#tenure === undefined || this.#renewedAt === undefined) return false;
    return elapsedAtMostMs(this.#renewedAt, this.#momentNow()) < this.#timing.renewDeadlineMs;
  }

  /** Told when it has changed, in a turn of its own; `mayWrite` knows earlier. */
  onChange(listener: (leads: boolean) => void): void {
    this.#listeners.push(listener);
  }

  facts(): LeaderFacts {
    const { identity } = this.#parts;
    const record = this.#sighting?.record;
    const { holder = '', transitions = 0 } = record ?? {};
    return { identity, leads: this.leads, holder, transitions, lastError: this.#lastError };
  }

  /** What a leader noted on the Lease for whoever comes after it. */
  recall(key: string): string | undefined {
    return this.#notes.get(key) ?? this.#door.lease?.metadata?.annotations?.[key];
  }

  /** Writes an annotation of the Lease with the next renewal, which is now. False when we do not lead any more. */
  async remember(key: string, text: string): Promise<boolean> {
    if (this.#tenure === undefined || this.#stopping !== undefined) return false;
    if (this.#door.lease?.metadata?.annotations?.[key] === text && !this.#notes.has(key)) return true;
    this.#notes.set(key, text);
    this.#attemptNow();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Gives the Lease back, so that another one takes it at once. Takes 2 s at most. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const { clock } = this.#parts;
    const late = Promise.withResolvers<void>();
    const timer = clock.after(STOP_MS, late.resolve);
    const gone = Promise.resolve() // `mayWrite` must say no before anything else happens
      .then(() => this.#end())
      .then(() => Promise.all([this.#following?.stop(), this.#loop.then(() => this.#release())]));
    await Promise.race([gone, late.promise]).catch((error) => this.#failed((error as Error).message));
    timer.cancel();
  }

  #end(): void {
    this.#looking.abort();
    this.#nap.rouse();
  }

  async #run(): Promise<void> {
    while (this.#stopping === undefined) {
      this.#tellChange();
      await this.#turn().catch((error) => this.#failed((error as Error).message));
    }
    this.#tellChange();
    this.#settle(false);
  }

  #turn(): Promise<void> {
    const nowMs = this.#parts.clock.now();
    if (nowMs < this.#notBeforeMs) return this.#nap.take(this.#notBeforeMs - nowMs);
    const move = this.#doubtful ? look : nextMove(this.#sighting, this.#tenure, this.#nextAttemptMs, nowMs);
    if (move.act === 'wait') return this.#nap.take(move.ms);
    this.#attemptAtMs = nowMs;
    this.#nextAttemptMs = nowMs + this.#pauseMs();
    return move.act === 'look' ? this.#look() : move.act === 'renew' ? this.#renew() : this.#take();
  }

  #pauseMs(): number {
    const { retryMs } = this.#timing;
    return retryMs + this.#parts.dice.below(retryMs / 5);
  }

  #attemptNow(): void {
    this.#nextAttemptMs = this.#parts.clock.now();
    this.#nap.rouse();
  }

  #hear(lease: RawLease | undefined): void {
    if (this.#writing) return; // the answer will say more
    if (this.#tenure === undefined) {
      this.#saw(lease);
      // The leader renews every 2 s: after longer silence ask, since the watch may be dead.
      this.#nextAttemptMs = this.#parts.clock.now() + 2 * this.#timing.retryMs;
      return this.#nap.rouse();
    }
    // It may be old news. The next renewal carries our version, so it tells.
    if (lease === undefined || !isOurs(readLease(lease), this.#tenure)) this.#attemptNow();
  }

  async #look(): Promise<void> {
    const answer = await this.#door.read(this.#timing.callMs, this.#looking.signal);
    if (answer.status === 404) return this.#saw(undefined);
    if (answer.status !== 200) return this.#refused('GET', answer);
    this.#saw(answer.body as RawLease);
  }

  #saw(lease: RawLease | undefined): void {
    const record = lease === undefined ? undefined : readLease(lease);
    this.#doubtful = false;
    this.#door.lease = lease;
    this.#sighting = see(this.#sighting, record, this.#parts.clock.now(), this.#timing);
    this.#lastError = undefined;
    if (record === undefined) return;
    // The answer to a write of ours may have been lost: then it is ours since that was sent.
    if (this.#attempted !== undefined && isOurs(record, this.#attempted.tenure)) {
      if (this.#tenure === undefined) this.#hold(this.#attempted);
    } else this.#lose();
  }

  #hold({ tenure, sentAt }: Attempt): void {
    this.#tellChange(); // the deadline may have passed meanwhile, and writers were refused: they hear of both
    this.#tenure = tenure;
    this.#renewedAt = sentAt;
    this.#nextAttemptMs = this.#parts.clock.now();
  }

  #take(): Promise<void> {
    const acquireTime = microTime(this.#momentNow().wallMs, this.#parts.dice.below(1_000));
    const before = this.#sighting?.record;
    const transitions = before === undefined ? 0 : (before.transitions + 1) % MOST_TRANSITIONS;
    return this.#write({ holder: this.#parts.identity, acquireTime }, transitions);
  }

  async #renew(): Promise<void> {
    // Of a Lease that is gone no version tells whether somebody else had it meanwhile.
    if (this.#door.lease === undefined && !this.mayWrite()) return this.#lose();
    return this.#write(this.#tenure as Tenure, this.#sighting?.record?.transitions ?? 0);
  }

  async #write(tenure: Tenure, transitions: number): Promise<void> {
    const sentAt = this.#momentNow();
    const renewTime = microTime(sentAt.wallMs, this.#parts.dice.below(1_000));
    const attempt = { tenure, sentAt };
    this.#attempted = attempt;
    this.#doubtful = this.#tenure === undefined;
    const notes = new Map(this.#notes);
    const record = { ...tenure, renewTime, transitions, durationMs: this.#timing.durationMs };
    this.#writing = true;
    const answer = await this.#door.write(record, notes, this.#timing.callMs).finally(() => {
      this.#writing = false;
    });
    if (answer.status === 409) return this.#lookAfterRace();
    if (answer.status === 404 && this.#door.lease !== undefined) return this.#lookAfterRace();
    if (answer.status !== 200 && answer.status !== 201) return this.#refused('write', answer);
    this.#saw(answer.body as RawLease);
    if (this.#attempted !== attempt) return; // the answer says that it is somebody else's
    this.#hold(attempt);
    this.#forget(notes);
    if (this.#notes.size === 0) this.#nextAttemptMs = this.#attemptAtMs + this.#pauseMs();
  }

  async #lookAfterRace(): Promise<void> {
    await this.#look();
    this.#notBeforeMs = this.#parts.clock.now() + BREATH_MS;
    if (this.#tenure !== undefined) this.#nextAttemptMs = this.#notBeforeMs;
  }

  #forget(written: ReadonlyMap<string, string>): void {
    for (const [key, text] of written) if (this.#notes.get(key) === text) this.#notes.delete(key);
    if (this.#notes.size === 0) this.#settle(true);
  }

  /** A short duration, as client-go writes it: old candidates wait for that. */
  async #release(): Promise<void> {
    const tenure = this.#tenure;
    if (tenure === undefined || this.#door.lease === undefined) return;
    const renewTime = microTime(this.#momentNow().wallMs);
    const transitions = this.#sighting?.record?.transitions ?? 0;
    const record = { holder: '', acquireTime: tenure.acquireTime, renewTime, transitions, durationMs: 1_000 };
    const answer = await this.#door.write(record, new Map(), STOP_MS);
    if (answer.status === 200) this.#parts.log.info({ lease: this.#door.text }, 'lease released');
    else this.#refused('release', answer);
  }

  #lose(): void {
    this.#tenure = undefined;
    this.#attempted = undefined;
    this.#notes.clear();
    this.#settle(false);
  }

  #settle(stands: boolean): void {
    for (const resolve of this.#waiting.splice(0)) resolve(stands);
  }

  #refused(what: string, { status, retryAfterMs = 0 }: ApiAnswer): void {
    this.#failed(`${what} of the Lease was answered with ${status}`, retryAfterMs);
  }

  #failed(problem: string, retryAfterMs = 0): void {
    const nowMs = this.#parts.clock.now();
    const pauseMs = Math.max(BREATH_MS, Math.min(retryAfterMs, LONGEST_PAUSE_MS));
    this.#notBeforeMs = Math.max(this.#attemptAtMs + this.#pauseMs(), nowMs + pauseMs);
    if (problem !== this.#lastError) this.#parts.log.warn({ lease: this.#door.text, problem }, 'lease not reached');
    this.#lastError = problem;
  }

  #tellChange(): void {
    const leads = this.mayWrite();
    if (leads === this.#told) return;
    this.#told = leads;
    const { identity, log } = this.#parts;
    log.info({ lease: this.#door.text, identity }, leads ? 'leads' : 'leads no more');
    for (const listener of this.#listeners) listener(leads);
  }
}

import type { Clock, Timer } from '../../base/clock.ts';
import type { Dice } from '../../base/dice.ts';
import { RecentMap } from '../../base/recent-map.ts';
import { TokenBuckets } from '../../base/token-buckets.ts';
import { type ObjectRef, type Refusal, refText } from '../../model/refusal.ts';
import type { Log } from '../../observe/log.ts';
import type { ClusterApi } from '../cluster/api.ts';
import { collectionPath, objectPath, resources } from '../cluster/resources.ts';
import { type Job, type Send, WriteLane } from '../leader/write-lane.ts';
import type { RefusalListener } from '../refusal-ledger.ts';
import { eventBody, eventName, eventNamespace, type Regarded, type Reporter, seriesBody } from './event-body.ts';
import { EventQueue, isNamed, type NamedRefusal } from './event-queue.ts';

export interface EventWriterParts {
  readonly api: ClusterApi;
  readonly ledger: { all(): readonly Refusal[]; onChange(listener: RefusalListener): void };
  /** undefined: there is no such object. */
  readonly identityOf: (ref: ObjectRef) => Regarded | undefined;
  readonly leader: { mayWrite(): boolean; onChange(listener: (leads: boolean) => void): void };
  readonly reporter: Reporter;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
  readonly wallMs?: () => number;
}

export interface EventWriterFacts {
  /** Created, or seen once more. */
  readonly written: number;
  /** An earlier leader, or an earlier life, had told them. */
  readonly known: number;
  /** Not told: too many at once, of one object or in all. */
  readonly dropped: number;
  /** Refused by the API server for good. */
  readonly refused: number;
  readonly waiting: number;
}

/** A thousand refusals at once are told at once; many more than that are in the log and on the admin port. */
const BURST = 1_500;
const PER_SECOND = 100;
const IN_FLIGHT = 16;
/** Of one object: nobody reads more, and one that changes back and forth is told of often enough. */
const OBJECT_BURST = 20;
const OBJECT_PER_SECOND = 1 / 30;
const HOLD_MS = 250;
const MOST_WAITING = 20_000;
const MOST_KNOWN = 20_000;
/** The API server forgets an Event after an hour; what still stands then is told again before. */
const REPEAT_MS = 25 * 60_000;

/**
 * An Event on the object for each refusal, while we lead. One refusal is one Event, by its name: when it stands already,
 * an earlier leader has told it.
 *
 *   ledger ── came ──► queue ── 250 ms ──► create ── 409 ─► known
 *             went ──► out                 └─ we told it before: once more in its series
 */
export class EventWriter {
  readonly #parts: EventWriterParts;
  readonly #wallMs: () => number;
  readonly #lane: WriteLane;
  readonly #queue = new EventQueue({ holdMs: HOLD_MS, most: MOST_WAITING });
  /** Name of an Event → how often this process has seen what it tells. */
  readonly #told = new RecentMap<string, number>(MOST_KNOWN);
  readonly #buckets = new TokenBuckets({ perSecond: OBJECT_PER_SECOND, burst: OBJECT_BURST, most: MOST_KNOWN });
  #leads = false;
  #ripe: Timer | undefined;
  #repeat: Timer | undefined;
  #written = 0;
  #known = 0;
  #dropped = 0;
  #refused = 0;

  constructor(parts: EventWriterParts) {
    const { api, clock, dice, log, leader } = parts;
    this.#parts = parts;
    this.#wallMs = parts.wallMs ?? Date.now;
    this.#lane = new WriteLane({
      ...{ api, clock, dice, log, inFlight: IN_FLIGHT, perSecond: PER_SECOND, burst: BURST },
      mayWrite: () => leader.mayWrite(),
      next: () => this.#next(),
    });
  }

  start(): void {
    const { ledger, leader } = this.#parts;
    ledger.onChange((came, went) => this.#changed(came, went));
    leader.onChange((leads) => this.#lead(leads));
    this.#lead(leader.mayWrite());
  }

  facts(): EventWriterFacts {
    const counts = { written: this.#written, known: this.#known, dropped: this.#dropped, refused: this.#refused };
    return { ...counts, waiting: this.#queue.size };
  }

  async stop(): Promise<void> {
    this.#lead(false);
    await this.#lane.stop();
  }

  #lead(leads: boolean): void {
    if (leads === this.#leads) return;
    this.#leads = leads;
    this.#queue.clear();
    this.#ripe?.cancel();
    this.#ripe = undefined;
    this.#repeat?.cancel();
    if (leads) this.#tellAll();
  }

  #tellAll(): void {
    this.#add(this.#parts.ledger.all());
    const { clock, dice } = this.#parts;
    this.#repeat = clock.after(REPEAT_MS + dice.below(REPEAT_MS / 5), () => this.#tellAll());
  }

  #changed(came: readonly Refusal[], went: readonly Refusal[]): void {
    if (!this.#leads) return;
    for (const refusal of went) if (isNamed(refusal)) this.#queue.remove(refusal);
    this.#add(came);
  }

  #add(refusals: readonly Refusal[]): void {
    const nowMs = this.#parts.clock.now();
    for (const refusal of refusals) if (isNamed(refusal) && !this.#queue.add(refusal, nowMs)) this.#dropped++;
    this.#wakeWhenRipe();
  }

  #wakeWhenRipe(): void {
    const { clock } = this.#parts;
    const inMs = this.#queue.ripeInMs(clock.now());
    if (inMs === undefined || !this.#leads) return;
    this.#ripe ??= clock.after(inMs, () => {
      this.#ripe = undefined;
      this.#queue.ripen(clock.now()); // the lane may not be able to take anything now
      this.#lane.wake();
      this.#wakeWhenRipe();
    });
  }

  #next(): Job | undefined {
    for (;;) {
      const refusal = this.#queue.next(this.#parts.clock.now());
      if (refusal === undefined) return undefined;
      const regarded = this.#parts.identityOf(refusal.object);
      if (regarded !== undefined && this.#mayTell(refusal.object)) return (send) => this.#tell(refusal, regarded, send);
      this.#queue.done(refusal);
      if (regarded !== undefined) this.#dropped++; // otherwise it was deleted
    }
  }

  #mayTell(object: ObjectRef): boolean {
    const nowMs = this.#parts.clock.now();
    return this.#buckets.of(refText(object), nowMs).take(nowMs);
  }

  async #tell(refusal: NamedRefusal, regarded: Regarded, send: Send): Promise<void> {
    const name = eventName(refusal.object, regarded, refusal);
    const times = this.#told.get(name);
    const status = times === undefined ? 404 : await this.#repeatEvent(refusal.object, name, times, send);
    const end = status === 404 ? await this.#create(refusal, regarded, send) : status;
    const stands = this.#queue.done(refusal);
    if (end === undefined) return stands ? this.#again(refusal) : undefined;
    if (end === 409) this.#known++;
    else if (end < 300) this.#written++;
    else return this.#refuse(refusal, end);
    this.#told.set(name, (times ?? 0) + 1);
  }

  /** In the series of the Event that stands; 404 where it has been forgotten. */
  async #repeatEvent(ref: ObjectRef, name: string, times: number, send: Send): Promise<number | undefined> {
    const path = objectPath(resources.event, eventNamespace(ref), name);
    const body = seriesBody(times + 1, this.#wallMs());
    const contentType = 'application/merge-patch+json';
    return (await send({ method: 'PATCH', path, body, contentType }))?.status;
  }

  async #create(refusal: NamedRefusal, regarded: Regarded, send: Send): Promise<number | undefined> {
    const body = eventBody(refusal.object, regarded, refusal, this.#parts.reporter, this.#wallMs());
    const path = collectionPath(resources.event, eventNamespace(refusal.object));
    return (await send({ method: 'POST', path, body }))?.status;
  }

  #again(refusal: NamedRefusal): void {
    if (!this.#queue.add(refusal, this.#parts.clock.now())) this.#dropped++;
    this.#wakeWhenRipe();
  }

  /** The namespace is going, or the rights are missing. */
  #refuse({ object }: NamedRefusal, status: number): void {
    this.#refused++;
    const fields = { object: refText(object), status };
    if (this.#refused === 1) this.#parts.log.warn(fields, 'an Event was not taken, the next ones are counted only');
  }
}

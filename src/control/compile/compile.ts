import type { Dice } from '../../base/dice.ts';
import { type BackendPolicy, defaultPolicy, samePolicy } from '../../model/backend-policy.ts';
import {
  type Backend,
  type BackendSnapshot,
  type Endpoint,
  type RouteSnapshot,
  sameEndpoint,
} from '../../model/snapshot.ts';
import { healthSlotCount } from '../../table/health-words.ts';
import { type NumberedBackend, writeEndpoints } from '../../table/write-endpoints.ts';
import { writeRoutes } from '../../table/write-routes.ts';
import { NumberPool } from './number-pool.ts';
import { SlotBook } from './slot-book.ts';

export interface Change {
  /** Left out when only backends changed. */
  readonly routes?: RouteSnapshot | undefined;
  readonly backends: BackendSnapshot;
}

/** Where the bytes go; called at most once each, and only for a part that changed. */
export interface Allocation {
  routes(byteLength: number): SharedArrayBuffer;
  endpoints(byteLength: number): SharedArrayBuffer;
}

export interface Compiled {
  /** Undefined: this part is as in the generation before. */
  readonly routes: SharedArrayBuffer | undefined;
  readonly endpoints: SharedArrayBuffer | undefined;
  /** Health slots that belong to another endpoint than before. */
  readonly reusedSlots: readonly number[];
}

/** A backend as the compiler remembers it; it lives while the newest routes or the newest backends name it. */
class Entry implements NumberedBackend {
  readonly id: number;
  readonly key: string;
  /** 0 until it stands in a list of backends: a rule may name a key that no backend has. */
  revision = 0;
  endpoints: readonly Endpoint[] = [];
  slots: readonly number[] = [];
  policy: BackendPolicy = defaultPolicy;
  /** The run that saw it last, in the list of backends and in a rule. */
  listedIn = 0;
  routedIn = 0;

  constructor(id: number, key: string) {
    this.id = id;
    this.key = key;
  }
}

const REVISION_LIMIT = 2 ** 31 - 1;

/**
 * Turns snapshots into bytes. Remembers which backend has which id and which endpoint which health slot, because
 * shards keep pools and health by them; remembers no bytes. When it throws, the generation before stays the truth
 * and the next call makes up for what this one did not write.
 */
export class Compiler {
  readonly #seed: number;
  readonly #entries = new Map<string, Entry>();
  readonly #ids = new NumberPool(Number.MAX_SAFE_INTEGER, 'dense');
  readonly #slots: SlotBook;
  #revision = 0;
  #run = 0;
  #routes: RouteSnapshot | undefined;
  #backends: BackendSnapshot | undefined;
  #listed: readonly Entry[] = [];
  /** The runs that took `#routes` and `#backends`. */
  #routesRun = 0;
  #backendsRun = 0;
  /** Something differs from the endpoints written last. */
  #endpointsOwed = true;

  constructor(dice: Dice, slotCount: number = healthSlotCount) {
    this.#seed = dice.seed();
    this.#slots = new SlotBook(slotCount);
  }

  /** The first call needs both parts. Throws RangeError when a table outgrows its layout, and what `allocate` throws. */
  compile(change: Change, generation: number, allocate: Allocation): Compiled {
    if (this.#routes === undefined && change.routes === undefined)
      throw new Error('nothing compiled yet: needs routes');
    this.#run++;
    this.#takeBackends(change.backends);
    const routes = this.#compileRoutes(change.routes, generation, allocate);
    const endpoints = this.#compileEndpoints(generation, allocate);
    // From here on nothing throws: what was written is what will be published.
    if (routes !== undefined) this.#routesRun = this.#run;
    this.#routes = change.routes ?? this.#routes;
    this.#endpointsOwed = false;
    this.#forgetUnnamed();
    return { routes, endpoints, reusedSlots: this.#slots.settle() };
  }

  #takeBackends(snapshot: BackendSnapshot): void {
    if (snapshot === this.#backends) return;
    const listed: Entry[] = [];
    for (const backend of snapshot.backends) {
      const entry = this.#entryOf(backend.key);
      if (entry.listedIn === this.#run) continue;
      if (entry.listedIn !== this.#backendsRun) this.#endpointsOwed = true;
      entry.listedIn = this.#run;
      this.#takeBackend(entry, backend);
      listed.push(entry);
    }
    // None of them is new or changed: another number means that some left.
    if (listed.length !== this.#listed.length) this.#endpointsOwed = true;
    this.#listed = listed;
    this.#backends = snapshot;
    this.#backendsRun = this.#run;
  }

  #takeBackend(entry: Entry, { endpoints, policy }: Backend): void {
    if (entry.revision === 0 || !sameEndpoints(entry.endpoints, endpoints) || !samePolicy(entry.policy, policy)) {
      this.#endpointsOwed = true;
      // Before the old ones are given back: an endpoint that stays keeps its slot.
      const slots = this.#slots.take(endpoints);
      this.#slots.giveBack(entry.endpoints, entry.slots);
      entry.slots = slots;
      entry.revision = this.#nextRevision();
    }
    entry.endpoints = endpoints;
    entry.policy = policy;
  }

  #compileRoutes(
    snapshot: RouteSnapshot | undefined,
    generation: number,
    allocate: Allocation,
  ): SharedArrayBuffer | undefined {
    if (snapshot === undefined || snapshot === this.#routes) return undefined;
    return writeRoutes(snapshot.rules, {
      generation,
      seed: this.#seed,
      backendId: (key) => this.#routedId(key),
      allocate: (byteLength) => allocate.routes(byteLength),
    });
  }

  #routedId(key: string): number {
    const entry = this.#entryOf(key);
    entry.routedIn = this.#run;
    return entry.id;
  }

  #compileEndpoints(generation: number, allocate: Allocation): SharedArrayBuffer | undefined {
    if (!this.#endpointsOwed) return undefined;
    return writeEndpoints(this.#listed, {
      generation,
      allocate: (byteLength) => allocate.endpoints(byteLength),
    });
  }

  #entryOf(key: string): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry = new Entry(this.#ids.take(), key);
    this.#entries.set(key, entry);
    return entry;
  }

  /** Only after everything was written: what a generation still names must not be given to another. */
  #forgetUnnamed(): void {
    for (const entry of this.#entries.values()) {
      if (entry.listedIn === this.#backendsRun) continue;
      this.#slots.giveBack(entry.endpoints, entry.slots);
      entry.endpoints = [];
      entry.slots = [];
      entry.revision = 0;
      if (entry.routedIn >= this.#routesRun) continue;
      this.#entries.delete(entry.key);
      this.#ids.giveBack(entry.id);
    }
    this.#ids.settle();
  }

  /** One counter for all backends, so that an id never shows another backend under an old revision. */
  #nextRevision(): number {
    this.#revision = this.#revision === REVISION_LIMIT ? 1 : this.#revision + 1;
    return this.#revision;
  }
}

function sameEndpoints(a: readonly Endpoint[], b: readonly Endpoint[]): boolean {
  if (a === b) return true;
  return a.length === b.length && a.every((it, i) => sameEndpoint(it, b[i]));
}

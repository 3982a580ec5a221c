import type { Dice } from '../../base/dice.ts';
import { differences } from '../../base/differences.ts';
import { finish, type Work } from '../../base/slices.ts';
import { type BackendPolicy, defaultPolicy, samePolicy } from '../../model/backend-policy.ts';
import {
  type Backend,
  type BackendSnapshot,
  type Endpoint,
  precedes,
  type RouteSnapshot,
  sameEndpoints,
} from '../../model/snapshot.ts';
import { healthSlotCount } from '../../table/health-words.ts';
import { EndpointWriter, type NumberedBackend } from '../../table/write-endpoints.ts';
import { RouteWriter } from '../../table/write-routes.ts';
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
  /** Whether it is in the list of backends, and how many rules name it. */
  listed = false;
  routed = 0;

  constructor(id: number, key: string) {
    this.id = id;
    this.key = key;
  }
}

const REVISION_LIMIT = 2 ** 31 - 1;
/** Backends that are looked at between two rests. */
const AT_ONCE = 64;

/**
 * Turns snapshots into bytes, and looks only at what differs from the snapshots before. Remembers which backend has which
 * id and which endpoint which health slot, because shards keep pools and health by them. When it throws, the generation
 * before stays the truth and the next call makes up for what this one did not write.
 */
export class Compiler {
  readonly #seed: number;
  readonly #entries = new Map<string, Entry>();
  readonly #ids = new NumberPool(Number.MAX_SAFE_INTEGER, 'dense');
  readonly #slots: SlotBook;
  #revision = 0;
  #routes: RouteSnapshot | undefined;
  /** undefined after a failure: then every backend counts as changed. */
  #backends: BackendSnapshot | undefined;
  #routeWriter: RouteWriter;
  /** undefined: it is to be made anew. */
  #endpointWriter: EndpointWriter | undefined;
  /** Not yet told to the writer of endpoints. */
  readonly #changed = new Set<Entry>();
  /** Perhaps nothing names them any more. */
  readonly #doubtful = new Set<Entry>();

  constructor(dice: Dice, slotCount: number = healthSlotCount) {
    this.#seed = dice.seed();
    this.#slots = new SlotBook(slotCount);
    this.#routeWriter = new RouteWriter(this.#seed);
  }

  /** All at once. */
  compile(change: Change, generation: number, allocate: Allocation): Compiled {
    return finish(this.compiling(change, generation, allocate));
  }

  /** The first call needs both parts. Throws RangeError when a table outgrows its layout, and what `allocate` throws. */
  *compiling(change: Change, generation: number, allocate: Allocation): Work<Compiled> {
    if (this.#routes === undefined && change.routes === undefined)
      throw new Error('nothing compiled yet: needs routes');
    try {
      yield* this.#takeBackends(change.backends);
      const routes = yield* this.#compileRoutes(change.routes, generation, allocate);
      const endpoints = yield* this.#compileEndpoints(generation, allocate);
      this.#settleRoutes(change.routes);
      this.#forgetUnnamed();
      return { routes, endpoints, reusedSlots: this.#slots.settle() };
    } catch (error) {
      this.#startOver();
      throw error;
    }
  }

  *#takeBackends(snapshot: BackendSnapshot): Work<void> {
    if (snapshot === this.#backends) return;
    const before = this.#backends?.backends ?? [];
    const { came, went } = differences(before, snapshot.backends, (a, b) => a.key < b.key);
    const left = this.#backends === undefined ? [...this.#entries.values()] : went.map(({ key }) => this.#entryOf(key));
    for (const entry of left) entry.listed = false;
    let count = 0;
    for (const backend of came) {
      this.#takeBackend(this.#entryOf(backend.key), backend);
      if (++count % AT_ONCE === 0) yield;
    }
    for (const entry of left) if (!entry.listed) this.#leave(entry);
    this.#backends = snapshot;
  }

  #takeBackend(entry: Entry, { endpoints, policy }: Backend): void {
    entry.listed = true;
    if (entry.revision === 0 || !sameEndpoints(entry.endpoints, endpoints) || !samePolicy(entry.policy, policy)) {
      // Before the old ones are given back: an endpoint that stays keeps its slot.
      const slots = this.#slots.take(endpoints);
      this.#slots.giveBack(entry.endpoints, entry.slots);
      entry.slots = slots;
      entry.revision = this.#nextRevision();
      this.#changed.add(entry);
    }
    entry.endpoints = endpoints;
    entry.policy = policy;
  }

  #leave(entry: Entry): void {
    this.#changed.add(entry);
    this.#doubtful.add(entry);
  }

  *#compileRoutes(
    snapshot: RouteSnapshot | undefined,
    generation: number,
    allocate: Allocation,
  ): Work<SharedArrayBuffer | undefined> {
    if (snapshot === undefined || snapshot === this.#routes) return undefined;
    return yield* this.#routeWriter.write(snapshot.rules, {
      generation,
      backendId: (key) => this.#entryOf(key).id,
      allocate: (byteLength) => allocate.routes(byteLength),
    });
  }

  *#compileEndpoints(generation: number, allocate: Allocation): Work<SharedArrayBuffer | undefined> {
    if (this.#endpointWriter?.isWasteful === true) this.#endpointWriter = undefined;
    else if (this.#endpointWriter !== undefined && this.#changed.size === 0) return undefined;
    const writer = this.#endpointWriter ?? new EndpointWriter();
    let count = 0;
    for (const entry of this.#endpointWriter === undefined ? this.#entries.values() : this.#changed) {
      if (entry.listed) writer.put(entry);
      else writer.remove(entry.id);
      if (++count % AT_ONCE === 0) yield;
    }
    this.#endpointWriter = writer;
    this.#changed.clear();
    return writer.write({ generation, allocate: (byteLength) => allocate.endpoints(byteLength) });
  }

  #entryOf(key: string): Entry {
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry = new Entry(this.#ids.take(), key);
    this.#entries.set(key, entry);
    this.#doubtful.add(entry);
    return entry;
  }

  // From here on nothing throws: what was written is what will be published.

  #settleRoutes(snapshot: RouteSnapshot | undefined): void {
    if (snapshot === undefined || snapshot === this.#routes) return;
    const { came, went } = differences(this.#routes?.rules ?? [], snapshot.rules, precedes);
    for (const { backend } of came) this.#entryOf(backend).routed++;
    for (const { backend } of went) {
      const entry = this.#entryOf(backend);
      if (--entry.routed === 0) this.#doubtful.add(entry);
    }
    this.#routes = snapshot;
  }

  /** Only after everything was written: what a generation still names must not be given to another. */
  #forgetUnnamed(): void {
    for (const entry of this.#doubtful) {
      if (entry.listed) continue;
      this.#slots.giveBack(entry.endpoints, entry.slots);
      entry.endpoints = [];
      entry.slots = [];
      entry.revision = 0;
      if (entry.routed > 0) continue;
      this.#entries.delete(entry.key);
      this.#ids.giveBack(entry.id);
    }
    this.#doubtful.clear();
    this.#ids.settle();
  }

  /** The writers may have taken up half of what was to be published. */
  #startOver(): void {
    this.#backends = undefined;
    this.#routeWriter = new RouteWriter(this.#seed);
    this.#endpointWriter = undefined;
  }

  /** One counter for all backends, so that an id never shows another backend under an old revision. */
  #nextRevision(): number {
    this.#revision = this.#revision === REVISION_LIMIT ? 1 : this.#revision + 1;
    return this.#revision;
  }
}

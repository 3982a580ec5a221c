export type Part = 'routes' | 'endpoints';

interface Waiting {
  readonly bytes: SharedArrayBuffer;
  /** The generation in which something else took its place. */
  readonly replacedIn: number;
}

/**
 * Buffers that come round again: a shared buffer left to garbage collection stays alive until the last idle shard
 * collects, which may be never. Each part has a pool of its own, because parts differ in size and in rate.
 *
 *   take ──► in use ── retire(generation) ──► waiting ── every shard adopted that generation ──► free ──► take
 *
 * With prompt shards three buffers a part go round. With slow ones the pool grows to its limit; beyond it, buffers
 * are made for one use.
 */
export class BufferRing {
  readonly #pools: Record<Part, PartPool>;

  constructor(limitPerPart = 8) {
    this.#pools = { routes: new PartPool(limitPerPart), endpoints: new PartPool(limitPerPart) };
  }

  /** At least `byteLength` bytes, with whatever stood in them. */
  take(part: Part, byteLength: number): SharedArrayBuffer {
    return this.#pools[part].take(byteLength);
  }

  /** `bytes` were published, and generation `replacedIn` has others in their place. */
  retire(part: Part, bytes: SharedArrayBuffer, replacedIn: number): void {
    this.#pools[part].retire({ bytes, replacedIn });
  }

  /** `bytes` were taken and no shard has heard of them. */
  giveBack(part: Part, bytes: SharedArrayBuffer): void {
    this.#pools[part].giveBack(bytes);
  }

  /** Every live shard has adopted `oldestAdopted` or a newer generation. */
  reclaim(oldestAdopted: number): void {
    this.#pools.routes.reclaim(oldestAdopted);
    this.#pools.endpoints.reclaim(oldestAdopted);
  }

  /** Buffers that go round, in whatever state. */
  pooled(part: Part): number {
    return this.#pools[part].size;
  }
}

class PartPool {
  readonly #limit: number;
  readonly #pooled = new Set<SharedArrayBuffer>();
  #free: SharedArrayBuffer[] = [];
  #waiting: Waiting[] = [];
  /** The largest size asked for of late: falls by a fiftieth with each smaller one. */
  #demand = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#pooled.size;
  }

  take(byteLength: number): SharedArrayBuffer {
    this.#demand = Math.max(byteLength, this.#demand * 0.98);
    this.#dropUnfit(byteLength);
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const fresh = new SharedArrayBuffer(sizeClass(byteLength));
    if (this.#pooled.size < this.#limit) this.#pooled.add(fresh);
    return fresh;
  }

  retire(entry: Waiting): void {
    if (this.#pooled.has(entry.bytes)) this.#waiting.push(entry);
  }

  giveBack(bytes: SharedArrayBuffer): void {
    if (this.#pooled.has(bytes)) this.#free.push(bytes);
  }

  reclaim(oldestAdopted: number): void {
    const ready = this.#waiting.filter((entry) => entry.replacedIn <= oldestAdopted);
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter((entry) => entry.replacedIn > oldestAdopted);
    for (const entry of ready) this.#free.push(entry.bytes);
  }

  /** The ring follows the size of the tables: too small is useless, far too large was for a time that is over. */
  #dropUnfit(byteLength: number): void {
    const fits = (bytes: SharedArrayBuffer) =>
      bytes.byteLength >= byteLength && bytes.byteLength <= 4 * sizeClass(this.#demand);
    for (const bytes of this.#free) if (!fits(bytes)) this.#pooled.delete(bytes);
    this.#free = this.#free.filter(fits);
  }
}

/** Up to a quarter more than asked for, so that a table which grows a little fits where it stood. */
function sizeClass(byteLength: number): number {
  const step = 2 ** Math.max(10, Math.floor(Math.log2(Math.max(1, byteLength))) - 2);
  return Math.ceil(byteLength / step) * step;
}

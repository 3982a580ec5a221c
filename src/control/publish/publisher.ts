import { finish, type Work } from '../../base/slices.ts';
import type { Publication } from '../../table/shard-messages.ts';
import type { Change, Compiled, Compiler } from '../compile/compile.ts';
import type { BufferRing, Part } from './buffer-ring.ts';

export interface PublisherParts {
  readonly compiler: Compiler;
  readonly ring: BufferRing;
  /** One message to every live shard. A shard that starts later is given `current`. */
  send(publication: Publication): void;
  /**
   * The lowest generation that any live shard has adopted: 0 while one has adopted none (it may be reading what it
   * was sent first), Infinity when there is no shard.
   */
  oldestAdopted(): number;
  /** The health slot belongs to another endpoint from this generation on. */
  resetHealth?(slot: number): void;
}

/**
 * Compiles a change into ring buffers, counts generations and sends them. Three steps in this order: reclaim what
 * every shard has left behind, write, then retire what was replaced; so no buffer is written while it may be read.
 */
export class Publisher {
  readonly #parts: PublisherParts;
  #current: Publication | undefined;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  get current(): Publication | undefined {
    return this.#current;
  }

  /** All at once. */
  publish(change: Change): Publication {
    return finish(this.publishing(change));
  }

  /**
   * Returns the new publication, or `current` when nothing differs from it. The first call needs routes. When the
   * change cannot be compiled this throws, sends nothing, and `current` stays. One at a time.
   */
  *publishing(change: Change): Work<Publication> {
    const generation = (this.#current?.generation ?? 0) + 1;
    this.#parts.ring.reclaim(this.#parts.oldestAdopted());
    const compiled = yield* this.#compile(change, generation);
    if (this.#current !== undefined && compiled.routes === undefined && compiled.endpoints === undefined) {
      return this.#current;
    }
    for (const slot of compiled.reusedSlots) this.#parts.resetHealth?.(slot);
    const publication: Publication = {
      generation,
      routes: this.#part('routes', compiled.routes, generation),
      endpoints: this.#part('endpoints', compiled.endpoints, generation),
    };
    this.#current = publication;
    this.#parts.send(publication);
    return publication;
  }

  *#compile(change: Change, generation: number): Work<Compiled> {
    const taken: [Part, SharedArrayBuffer][] = [];
    const take = (part: Part, byteLength: number): SharedArrayBuffer => {
      const bytes = this.#parts.ring.take(part, byteLength);
      taken.push([part, bytes]);
      return bytes;
    };
    try {
      return yield* this.#parts.compiler.compiling(change, generation, {
        routes: (byteLength) => take('routes', byteLength),
        endpoints: (byteLength) => take('endpoints', byteLength),
      });
    } catch (error) {
      for (const [part, bytes] of taken) this.#parts.ring.giveBack(part, bytes);
      throw error;
    }
  }

  /** The new bytes, and the old ones to the ring; or the very part as it was. */
  #part(part: Part, bytes: SharedArrayBuffer | undefined, generation: number): Publication[Part] {
    const old = this.#current?.[part];
    if (bytes === undefined) return old as Publication[Part];
    if (old !== undefined) this.#parts.ring.retire(part, old.bytes, generation);
    return { generation, bytes };
  }
}

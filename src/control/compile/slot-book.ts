import { type Endpoint, endpointText } from '../../model/snapshot.ts';
import { NumberPool } from './number-pool.ts';

interface Slot {
  readonly number: number;
  users: number;
}

/**
 * Which health slot belongs to which `address:port`. Backends that share an endpoint share its slot; an endpoint
 * keeps its slot while any backend has it. Beyond the last slot endpoints get −1 and go without health.
 */
export class SlotBook {
  readonly #slots = new Map<string, Slot>();
  readonly #numbers: NumberPool;
  #reused: number[] = [];

  constructor(slotCount: number) {
    this.#numbers = new NumberPool(slotCount, 'spread');
  }

  take(endpoints: readonly Endpoint[]): number[] {
    return endpoints.map((endpoint) => {
      const key = endpointText(endpoint);
      const slot = this.#slots.get(key) ?? this.#open(key);
      if (slot === undefined) return -1;
      slot.users++;
      return slot.number;
    });
  }

  /** `slots` as `take` returned it for these endpoints. */
  giveBack(endpoints: readonly Endpoint[], slots: readonly number[]): void {
    for (let i = 0; i < endpoints.length; i++) {
      if (slots[i] < 0) continue;
      const key = endpointText(endpoints[i]);
      const slot = this.#slots.get(key);
      if (slot === undefined || --slot.users > 0) continue;
      this.#slots.delete(key);
      this.#numbers.giveBack(slot.number);
    }
  }

  /** Ends a generation. Returns the slots that went to another endpoint in it: their words say nothing about it. */
  settle(): readonly number[] {
    const reused = this.#reused;
    this.#reused = [];
    this.#numbers.settle();
    return reused;
  }

  #open(key: string): Slot | undefined {
    const touched = this.#numbers.touched;
    const number = this.#numbers.take();
    if (number < 0) return undefined;
    if (number < touched) this.#reused.push(number);
    const slot = { number, users: 0 };
    this.#slots.set(key, slot);
    return slot;
  }
}

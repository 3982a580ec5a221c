import { type ObjectRef, type Refusal, refText } from '../../model/refusal.ts';

/** A refusal of an object that has a name. */
export interface NamedRefusal extends Refusal {
  readonly object: ObjectRef;
}

export const isNamed = (refusal: Refusal): refusal is NamedRefusal => refusal.object !== null;

export interface EventQueueLimits {
  /** What is gone again so soon is not told: a Service often comes right after the Ingress that names it. */
  readonly holdMs: number;
  /** Refusals that may wait. */
  readonly most: number;
}

/** Refusals that are to be told, each once, the objects in turn: one with a thousand does not hold up the others. */
export class EventQueue {
  readonly #limits: EventQueueLimits;
  /** In the order of their coming, so also of their time. */
  readonly #held = new Map<string, { readonly refusal: NamedRefusal; readonly dueMs: number }>();
  /** Object → its refusals; the first object is the next. */
  readonly #ripe = new Map<string, Map<string, NamedRefusal>>();
  #ripeCount = 0;
  /** Being told just now. */
  readonly #told = new Set<string>();

  constructor(limits: EventQueueLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#held.size + this.#ripeCount;
  }

  /** False when there is no place. */
  add(refusal: NamedRefusal, nowMs: number): boolean {
    if (this.size >= this.#limits.most) return false;
    this.#held.set(keyOf(refusal), { refusal, dueMs: nowMs + this.#limits.holdMs });
    return true;
  }

  /** It stands no more. */
  remove(refusal: NamedRefusal): void {
    const key = keyOf(refusal);
    this.#held.delete(key);
    this.#told.delete(key);
    const object = refText(refusal.object);
    const ripe = this.#ripe.get(object);
    if (!ripe?.delete(key)) return;
    this.#ripeCount--;
    if (ripe.size === 0) this.#ripe.delete(object);
  }

  next(nowMs: number): NamedRefusal | undefined {
    this.ripen(nowMs);
    for (const [object, refusals] of this.#ripe) {
      this.#ripe.delete(object);
      for (const [key, refusal] of refusals) {
        refusals.delete(key);
        this.#ripeCount--;
        this.#told.add(key);
        if (refusals.size > 0) this.#ripe.set(object, refusals); // behind the others
        return refusal;
      }
    }
    return undefined;
  }

  /** The end of what `next` gave; false when it has been removed meanwhile. */
  done(refusal: NamedRefusal): boolean {
    return this.#told.delete(keyOf(refusal));
  }

  /** Until the first of those that are held back; undefined when none is. */
  ripeInMs(nowMs: number): number | undefined {
    for (const { dueMs } of this.#held.values()) return Math.max(dueMs - nowMs, 0);
    return undefined;
  }

  clear(): void {
    this.#held.clear();
    this.#ripe.clear();
    this.#told.clear();
    this.#ripeCount = 0;
  }

  /** Those whose time has come wait no more for it. */
  ripen(nowMs: number): void {
    for (const [key, { refusal, dueMs }] of this.#held) {
      if (dueMs > nowMs) return;
      this.#held.delete(key);
      const object = refText(refusal.object);
      const ripe = this.#ripe.get(object) ?? new Map<string, NamedRefusal>();
      if (!ripe.has(key)) this.#ripeCount++;
      this.#ripe.set(object, ripe.set(key, refusal));
    }
  }
}

const keyOf = ({ object, reason, field, message }: NamedRefusal): string =>
  JSON.stringify([refText(object), reason, field, message]);

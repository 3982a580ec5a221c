import type { Clock, Timer } from '../../../base/clock.ts';
import type { Log } from '../../../observe/log.ts';
import type { Held } from './held-objects.ts';
import type { Delta, ObjectName, ReflectorSink } from './reflector-parts.ts';

const RETRY_MS = 1000;

interface News<T> {
  readonly name: ObjectName;
  readonly held: Held<T> | undefined;
}

export interface DeliveryParts<T> {
  readonly sink: ReflectorSink<T>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the sink has not taken yet, the newest of each object. A sink that throws is asked again. */
export class Delivery<T> {
  readonly #sink: ReflectorSink<T>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #taken: () => void;
  #news = new Map<string, News<T>>();
  #retry: Timer | undefined;

  constructor({ sink, clock, log }: DeliveryParts<T>, taken: () => void) {
    this.#sink = sink;
    this.#clock = clock;
    this.#log = log;
    this.#taken = taken;
  }

  put(key: string, held: Held<T>): void {
    this.#news.set(key, { name: held.name, held });
  }

  remove(key: string, name: ObjectName): void {
    this.#news.set(key, { name, held: undefined });
  }

  /** Hands over what there is. `evenNothing`: after a whole list the sink is told even when nothing changed. */
  flush(evenNothing = false): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    if (this.#news.size === 0 && !evenNothing) return;
    try {
      this.#sink.apply(deltaOf(this.#news.values()));
      this.#news = new Map();
      this.#taken();
    } catch (error) {
      this.#log.error({ error: String(error) }, 'changes of the cluster could not be taken, trying again');
      this.#retry = this.#clock.after(RETRY_MS, () => this.flush(evenNothing));
    }
  }

  stop(): void {
    this.#retry?.cancel();
  }
}

function deltaOf<T>(news: Iterable<News<T>>): Delta<T> {
  const put: T[] = [];
  const remove: ObjectName[] = [];
  for (const { name, held } of news) {
    if (held === undefined) remove.push(name);
    else put.push(held.item);
  }
  return { put, remove };
}

import type { Clock } from '../base/clock.ts';
import type { Work } from '../base/slices.ts';
import type { BackendSnapshot, RouteSnapshot } from '../model/snapshot.ts';
import type { Log } from '../observe/log.ts';
import type { Publication } from '../table/shard-messages.ts';
import type { ObjectReader, StoreChange } from './object-reader.ts';
import { Pace } from './pace.ts';
import type { RefusalLedger } from './refusal-ledger.ts';
import type { TranslateOptions } from './translate/options.ts';
import { type Snapshots, Translation } from './translate/translation.ts';

export interface PipelineParts {
  readonly store: ObjectReader & { onChange(listener: (change: StoreChange) => void): void };
  readonly publisher: {
    publishing(change: { routes?: RouteSnapshot; backends: BackendSnapshot }): Work<Publication>;
  };
  readonly ledger: Pick<RefusalLedger, 'change'>;
  readonly options: TranslateOptions;
  readonly clock: Clock;
  /** Longest time from one publication to the next while changes keep coming. */
  readonly intervalMs: number;
  readonly log: Log;
}

/** So long the thread is held at a time; what takes longer rests while the loop turns. */
const SLICE_MS = 10;
/** Groups of refusals that the ledger is told at a time. */
const TOLD_AT_ONCE = 100;

/**
 *   store ──► note ──(pace)──► translate what changed ──► publish ──► tell what is refused
 *
 * Runs once at once, so start it when the store holds the first whole load, and again after each change of the store,
 * once for all changes of one turn. Resolves after the first run. Never throws: what cannot be translated or published
 * is logged, the last good generation stays, and the next change tries again.
 */
export function startPipeline(parts: PipelineParts): Promise<void> {
  return new Promise((resolve) => new Pipeline(parts, resolve).start());
}

class Pipeline {
  readonly #parts: PipelineParts;
  readonly #begun: () => void;
  readonly #translation: Translation;
  readonly #pace: Pace;
  #state: 'resting' | 'planned' | 'running' = 'resting';
  /** Changes that were noted since the last run began, and those that it takes. */
  #noted = 0;
  #taken = 0;
  #published: Partial<Snapshots> = {};
  #runMs = 0;

  constructor(parts: PipelineParts, begun: () => void) {
    this.#parts = parts;
    this.#begun = begun;
    this.#translation = new Translation(parts.store, parts.options);
    this.#pace = new Pace(parts.intervalMs);
  }

  start(): void {
    this.#parts.store.onChange((change) => this.#note(change));
    this.#begin();
  }

  #note(change: StoreChange): void {
    this.#translation.note(change);
    this.#noted++;
    if (this.#state === 'resting') this.#plan();
  }

  #plan(): void {
    this.#state = 'planned';
    const { clock } = this.#parts;
    const waitMs = this.#pace.waitMs(clock.now());
    if (waitMs === 0) queueMicrotask(() => this.#begin());
    else clock.after(waitMs, () => this.#begin());
  }

  #begin(): void {
    this.#state = 'running';
    this.#taken = this.#noted;
    this.#noted = 0;
    this.#runMs = 0;
    this.#advance(this.#run());
  }

  #advance(work: Work<void>): void {
    const { clock } = this.#parts;
    const start = clock.now();
    for (;;) {
      const done = work.next().done === true;
      const sliceMs = clock.now() - start;
      if (!done && sliceMs < SLICE_MS) continue;
      this.#runMs += sliceMs;
      if (done) this.#end();
      else setImmediate(() => this.#advance(work));
      return;
    }
  }

  #end(): void {
    this.#state = 'resting';
    this.#pace.ran(this.#parts.clock.now(), this.#runMs, this.#taken);
    this.#begun();
    if (this.#noted > 0) this.#plan();
  }

  *#run(): Work<void> {
    try {
      yield* this.#publish(yield* this.#translation.run());
    } catch (error) {
      this.#parts.log.error({ err: error }, 'change could not be published, the last good generation stays');
    }
    yield* this.#tellRefusals();
  }

  *#publish({ routes, backends }: Snapshots): Work<void> {
    const { publisher, log } = this.#parts;
    const routesDiffer = this.#published.routes !== routes;
    if (!routesDiffer && this.#published.backends === backends) return;
    const { generation } = yield* publisher.publishing(routesDiffer ? { routes, backends } : { backends });
    this.#published = { routes, backends };
    const counts = { rules: routes.rules.length, backends: backends.backends.length };
    log[routesDiffer ? 'info' : 'debug']({ generation, ...counts }, 'generation published');
  }

  *#tellRefusals(): Work<void> {
    const groups = [...this.#translation.takeRefusals()];
    for (let i = 0; i < groups.length; i += TOLD_AT_ONCE) {
      this.#parts.ledger.change('translation', new Map(groups.slice(i, i + TOLD_AT_ONCE)));
      yield;
    }
  }
}

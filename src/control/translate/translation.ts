import { finish, type Work } from '../../base/slices.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { BackendSnapshot, RouteSnapshot } from '../../model/snapshot.ts';
import type { ObjectReader, StoreChange } from '../object-reader.ts';
import { BackendIndex } from './backend-index.ts';
import type { TranslateOptions } from './options.ts';
import { settleRefusals } from './refusals.ts';
import { RouteIndex } from './route-index.ts';

/** A snapshot in which nothing differs is the very one of the last time. */
export interface Snapshots {
  readonly routes: RouteSnapshot;
  readonly backends: BackendSnapshot;
}

/**
 * Objects → snapshots and refusals. Remembers what it made of each object, so that a change costs what changed; the
 * outcome is always that of a new translation of the same objects.
 *
 *   Ingress, IngressClass ──► routes ──► which rules differ ──► backends
 *   Service, EndpointSlice ────────────────────────────────────────┘
 */
export class Translation {
  readonly #routes: RouteIndex;
  readonly #backends: BackendIndex;
  #refusals = new Map<string, readonly Refusal[]>();

  /** Begins with all that the store holds. */
  constructor(objects: ObjectReader, options: TranslateOptions) {
    this.#routes = new RouteIndex(objects, options, this.#refusals);
    this.#backends = new BackendIndex(objects, options, this.#refusals);
  }

  /** Every change of the store from the beginning on. */
  note({ steps }: StoreChange): void {
    this.#routes.note(steps);
    this.#backends.note(steps);
  }

  /** All that was noted, in slices; the store may change between them. When it throws, the next run takes up what is left. */
  *run(): Work<Snapshots> {
    const { snapshot: routes, steps } = yield* this.#routes.settle();
    this.#backends.take(steps);
    const backends = yield* this.#backends.settle();
    return { routes, backends };
  }

  /** What is refused now of each thing that was looked at since this was asked last, by a name of its own. */
  takeRefusals(): ReadonlyMap<string, readonly Refusal[]> {
    const refusals = new Map(this.#refusals);
    this.#refusals.clear();
    return refusals;
  }
}

export interface Translated extends Snapshots {
  readonly refusals: readonly Refusal[];
}

/** All that these objects mean, once. */
export function translate(objects: ObjectReader, options: TranslateOptions): Translated {
  const translation = new Translation(objects, options);
  const snapshots = finish(translation.run());
  return { ...snapshots, refusals: settleRefusals([...translation.takeRefusals().values()].flat()) };
}

import type { EndpointSlice, Kind, OfKind } from '../model/objects.ts';

/** What translation sees of the store. Objects are immutable: one that did not change is the same object as before. */
export interface ObjectReader {
  list<K extends Kind>(kind: K): Iterable<OfKind<K>>;
  /** `namespace` is '' for IngressClass. */
  get<K extends Kind>(kind: K, namespace: string, name: string): OfKind<K> | undefined;
  /** EndpointSlices of one Service. */
  slicesOf(namespace: string, service: string): readonly EndpointSlice[];
}

/** One object that differs: without `before` it came, without `after` it went. */
export type ObjectStep = {
  readonly [K in Kind]: {
    readonly kind: K;
    readonly before: OfKind<K> | undefined;
    readonly after: OfKind<K> | undefined;
  };
}[Kind];

/** What one change of the store made different; each object stands in it once. */
export interface StoreChange {
  readonly kinds: ReadonlySet<Kind>;
  readonly steps: readonly ObjectStep[];
}

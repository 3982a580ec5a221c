import type { Clock } from '../../../base/clock.ts';
import type { Dice } from '../../../base/dice.ts';
import type { Log } from '../../../observe/log.ts';
import type { ClusterApi } from '../../cluster/api.ts';
import type { Resource } from '../../cluster/resources.ts';

/** As the API server said it, before anything of it is believed but its names and versions. */
export interface RawObject {
  apiVersion?: string;
  kind?: string;
  readonly metadata: RawMeta;
  readonly [field: string]: unknown;
}

export interface RawMeta {
  readonly name: string;
  /** Absent where the kind has none. */
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly [field: string]: unknown;
}

/** One collection (resource × namespace or whole cluster × selectors) and what is to become of it. */
export interface ReflectorParts<T> {
  readonly api: ClusterApi;
  readonly resource: Resource;
  /** undefined: the whole cluster. */
  readonly namespace: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Cuts a raw object down while its page or line is read; what it returns is all that is kept. Must not throw; undefined leaves the object out. */
  readonly keep: (raw: RawObject) => T | undefined;
  /** How many routes or endpoints stand in one, for the judgement of a shrink; 0 where a kind has none. */
  readonly weigh: (item: T) => number;
  readonly sink: ReflectorSink<T>;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
  /** Whenever `report().state` or `.synced` is another. */
  readonly onState?: (() => void) | undefined;
  readonly pageLimit?: number;
  /** Between whole lists as a safety net; half as much again or less by chance. */
  readonly relistMs?: number;
}

export interface ReflectorSink<T> {
  /**
   * After each whole list, and after each run of watch events. Objects with the same uid and resourceVersion keep their
   * `T` and are not told again. When it throws, the same delta comes again, with what has come since.
   */
  apply(delta: Delta<T>): void;
}

export interface Delta<T> {
  readonly put: readonly T[];
  readonly remove: readonly ObjectName[];
}

export interface ObjectName {
  /** '' where the kind has none. */
  readonly namespace: string;
  readonly name: string;
}

/**
 * waiting: the API server cannot be had, another try follows. absent: it does not know the kind. forbidden: we may not read
 * it. doubting: a list would take away more than half, and a second one decides.
 */
export type ReflectorState = 'listing' | 'watching' | 'waiting' | 'absent' | 'forbidden' | 'doubting' | 'stopped';

export interface ReflectorReport {
  readonly state: ReflectorState;
  /** The first whole list has been taken; never false again. */
  readonly synced: boolean;
  readonly objects: number;
  readonly lists: number;
  readonly watches: number;
  readonly errors: number;
  /** What whole lists have found that watching had missed; more than 0 is a fault of somebody. */
  readonly relistChanges: number;
  /** Of the present trouble; undefined when there is none. */
  readonly lastError: string | undefined;
  /** Since the API server last said anything about this collection; Infinity before. */
  readonly lastHeardMs: number;
}

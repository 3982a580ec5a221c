import type { Komainu } from '../support/start-komainu.ts';
import type { KubeObject, Place } from './case.ts';
import type { Pods } from './pods.ts';

/** A running program, what tells it the objects, and the pods that they lead to. */
export interface World extends AsyncDisposable {
  readonly place: Place;
  readonly komainu: Komainu;
  readonly pods: Pods;
  /**
   * From now on these are all the objects. What goes, goes first; then within each kind they are written in this order, so that
   * who knows the last of each kind knows them all. Rejects with what the API server has against one of them.
   */
  have(objects: readonly KubeObject[]): Promise<void>;
}

/** With flags beside the usual ones. */
export type OpenWorld = (flags: readonly string[]) => Promise<World>;

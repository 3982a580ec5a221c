import type { Fleet } from './fleet.ts';
import type { Options } from './options.ts';

/** What every part of one run needs. */
export interface Job {
  /** The project's folder. */
  readonly root: string;
  readonly options: Options;
  readonly fleet: Fleet;
  /** Temporary: gone with the run. */
  readonly folder: string;
  /** Where the tree of `--against` stands; not made yet. */
  readonly baseFolder: string;
  /** Gets what is kept; files begin with `time`. */
  readonly results: string;
  /** UTC, when the run began, to the second and as a file name. */
  readonly time: string;
  /** Aborts when the run is to stop. */
  readonly signal: AbortSignal;
  /** Prints a line for who is watching. */
  readonly tell: (line: string) => void;
}

import { resolve } from 'node:path';
import type { Clock, Timer } from '../../../base/clock.ts';
import type { Log } from '../../../observe/log.ts';
import type { ObjectStore } from '../../object-store.ts';
import type { RefusalLedger } from '../../refusal-ledger.ts';
import { QuietTime } from '../quiet-time.ts';
import { FolderState } from './folder-state.ts';
import type { FolderWatch } from './folder-tree.ts';
import { FolderWatcher } from './folder-watch.ts';
import { refuseMissing } from './load-folder.ts';

export interface FolderSourceOptions {
  readonly dir: string;
  readonly store: Pick<ObjectStore, 'apply'>;
  readonly ledger: Pick<RefusalLedger, 'replace'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly quietMs: number;
  readonly maxWaitMs: number;
  /** Between the end of one poll and the next. */
  readonly pollMs: number;
}

/** The kernel drops events beyond 16,384 waiting ones, and libuv does not say so: half as many at once count as lost. */
const FLOOD = 8192;

/**
 * Keeps the store as the folder is, until stopped. Resolves when the first whole load has been applied; rejects with
 * StartupError when there is no such folder. Once started, nothing that happens to the folder ends it.
 */
export async function startFolderSource(options: FolderSourceOptions): Promise<{ stop(): void }> {
  const source = new FolderSource(options);
  await source.start();
  return source;
}

/**
 *   event ──► mark ──(quiet time)──► look at the marked paths ──► take ──► store, ledger
 *                                                                  ▲
 *   poll  ──► read everything, in batches; marked paths go first ──┘
 *
 * One loop, one walk at a time. An event says only where to look, so lost, doubled and merged ones do no harm.
 */
class FolderSource {
  readonly #options: FolderSourceOptions;
  readonly #root: string;
  readonly #state: FolderState;
  readonly #quiet: QuietTime;
  readonly #watcher: FolderWatcher;
  readonly #marks = new Set<string>();
  /** What a poll that is under way has found and not yet taken. */
  readonly #polled = new Set<string>();
  #eventCount = 0;
  #marksDue = false;
  #pollDue = false;
  #running = false;
  #stopped = false;
  #pollTimer: Timer | undefined;
  #rootWatch: FolderWatch | undefined;

  constructor(options: FolderSourceOptions) {
    this.#options = options;
    this.#root = resolve(options.dir);
    this.#watcher = new FolderWatcher(
      { changed: (path) => this.#mark(path), broke: (path) => this.#broke(path) },
      options.log,
    );
    this.#state = new FolderState(this.#root, (path, place) => this.#watch(path, place));
    this.#quiet = new QuietTime(options, () => {
      this.#marksDue = true;
      void this.#run();
    });
  }

  async start(): Promise<void> {
    this.#running = true;
    try {
      this.#watchRoot();
      const touched = new Set<string>();
      await this.#state.walk([''], touched, { mode: 'read', below: 'read' });
      refuseMissing(this.#state, this.#options.dir);
      this.#apply(touched);
    } catch (error) {
      this.stop();
      throw error;
    }
    this.#running = false;
    this.#planPoll();
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#quiet.stop();
    this.#pollTimer?.cancel();
    this.#rootWatch?.close();
    this.#state.close();
  }

  /** Also a walk that ends after `stop` leaves no watch behind. */
  #watch(path: string, place: string): FolderWatch | undefined {
    return this.#stopped ? undefined : this.#watcher.watchFolder(path, place);
  }

  #broke(path: string): void {
    this.#state.unwatch(path);
    this.#mark(path);
  }

  #mark(path: string): void {
    if (this.#stopped) return;
    this.#marks.add(path);
    this.#eventCount++;
    this.#quiet.mark();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (!this.#stopped && (this.#marksDue || this.#pollDue)) {
      try {
        if (this.#marksDue) await this.#lookAtMarks();
        else await this.#poll();
      } catch (error) {
        this.#options.log.error({ err: error }, 'folder change could not be applied');
      }
    }
    this.#running = false;
  }

  async #lookAtMarks(): Promise<void> {
    this.#marksDue = false;
    const flooded = this.#eventCount >= FLOOD;
    this.#eventCount = 0;
    const paths = flooded ? [''] : [...this.#marks];
    this.#marks.clear();
    const touched = new Set(paths);
    await this.#state.walk(paths, touched, { mode: 'read', below: flooded ? 'read' : 'stamp', failed: this.#failed });
    // A poll may have read some files of a folder that was swapped, and then only the rest is different for this walk.
    const whole = paths.some((path) => this.#state.isFolder(path));
    this.#apply(whole ? touched.union(this.#polled) : touched);
  }

  /** What it finds is taken at its end, so that nothing is missing in between; marked paths do not wait for that. */
  async #poll(): Promise<void> {
    this.#pollDue = false;
    this.#watchRoot();
    const between = async (): Promise<void> => {
      if (this.#marksDue && !this.#stopped) await this.#lookAtMarks();
    };
    try {
      await this.#state.walk([''], this.#polled, { mode: 'read', below: 'read', between, failed: this.#failed });
      this.#apply(this.#polled);
    } finally {
      this.#polled.clear();
      this.#planPoll();
    }
  }

  #apply(touched: Iterable<string>): void {
    if (this.#stopped) return;
    const change = this.#state.take(touched);
    this.#options.ledger.replace('folder', this.#state.refusals());
    if (change.put.length === 0 && change.remove.length === 0) return;
    const counts = { files: this.#state.fileCount, put: change.put.length, removed: change.remove.length };
    this.#options.log.debug(counts, 'folder change applied');
    this.#options.store.apply(change);
  }

  readonly #failed = (path: string, error: unknown): void => {
    this.#options.log.error({ file: path, err: error }, 'file could not be processed');
  };

  #planPoll(): void {
    if (this.#stopped) return;
    this.#pollTimer = this.#options.clock.after(this.#options.pollMs, () => {
      this.#pollDue = true;
      void this.#run();
    });
  }

  /** Anew with each poll, because the folder above may have been replaced; the new watch first, so that no event is lost. */
  #watchRoot(): void {
    const before = this.#rootWatch;
    this.#rootWatch = this.#watcher.watchRoot(this.#root);
    before?.close();
  }
}

import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Log } from '../../../observe/log.ts';
import { below, type FolderWatch } from './folder-tree.ts';

export interface WatchListener {
  /** This file or folder may be another one now; for a folder, anything in it. */
  changed(path: string): void;
  /** The watch of this folder ended by itself. */
  broke(path: string): void;
}

/**
 * Watches folders, never files: a file's own watch stays on the inode that a rename or a `..data` swap replaced. Where
 * the system has no watch left the answer is undefined, the log hears of it once, and the poll sees what changes.
 */
export class FolderWatcher {
  readonly #listener: WatchListener;
  readonly #log: Log;
  readonly #complained = new Set<string>();

  constructor(listener: WatchListener, log: Log) {
    this.#listener = listener;
    this.#log = log;
  }

  /** `path`: the folder below the root, `place`: where it is. */
  watchFolder(path: string, place: string): FolderWatch | undefined {
    const changed = (name: string | null): void => {
      if (name !== null && !name.startsWith('.')) this.#listener.changed(below(path, name));
      // `..data` of a ConfigMap was swapped: every visible name may lead to another file now.
      else if (name === null || name.startsWith('..')) this.#listener.changed(path);
    };
    return this.#open(place, changed, () => this.#listener.broke(path));
  }

  /** Tells when the root itself goes, comes or is replaced, also where it is a link that is swapped. */
  watchRoot(root: string): FolderWatch | undefined {
    const changed = (name: string | null): void => {
      if (name === null || name === basename(root)) this.#listener.changed('');
    };
    return this.#open(dirname(root), changed, () => undefined);
  }

  #open(place: string, changed: (name: string | null) => void, broke: () => void): FolderWatch | undefined {
    try {
      const watcher = watch(place, (_event, name) => changed(name));
      watcher.on('error', broke);
      this.#complained.delete(place);
      return watcher;
    } catch (error) {
      this.#complain(place, (error as NodeJS.ErrnoException).code);
      return undefined;
    }
  }

  #complain(place: string, code: string | undefined): void {
    // ENOENT: the folder went in this moment, which the one above tells.
    if (code === 'ENOENT' || this.#complained.has(place)) return;
    this.#complained.add(place);
    this.#log.warn({ folder: place, code }, 'folder cannot be watched, it is polled');
  }
}

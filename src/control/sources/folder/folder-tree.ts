import type { BigIntStats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ManifestFile } from './manifest-file.ts';
import { readFailure, readManifest } from './read-manifest.ts';

const DEPTH_LIMIT = 16;
const FOLDER_LIMIT = 4096;

/** Watches one folder (path below the root, and where it is) until closed; undefined where that is impossible. */
export type WatchFolder = (path: string, place: string) => FolderWatch | undefined;

export interface FolderWatch {
  close(): void;
}

/** `stamp`: read a file only when its identity, size or times differ. `read`: read it whatever they say. */
export type LookMode = 'stamp' | 'read';

export interface Look {
  /** Files whose objects or refusals are different now, or that are gone. */
  readonly touched: readonly string[];
  /** What has to be looked at next: the entries of a folder. */
  readonly next: readonly string[];
}

interface Folder {
  readonly path: string;
  readonly parent: Folder | undefined;
  /** Device and inode: another one means that the folder was replaced, and that the watch is on the old one. */
  id: string;
  watch: FolderWatch | undefined;
  /** Entries we know: files read and folders entered. */
  readonly names: Set<string>;
}

const nothing: Look = { touched: [], next: [] };

/**
 * The folder as last seen. `look` compares one path with the disk and says what to look at next, so that an event costs
 * one file, and start, poll and recovery are the same walk. Links are followed (a ConfigMap's files are links through
 * `..data`); names that begin with a dot are not there. Paths are relative to the root, which is ''.
 */
export class FolderTree {
  readonly files = new Map<string, ManifestFile>();
  /** Why folders cannot be read. */
  readonly problems = new Map<string, string>();
  readonly #folders = new Map<string, Folder>();
  readonly #root: string;
  readonly #watch: WatchFolder;

  constructor(root: string, watch: WatchFolder) {
    this.#root = root;
    this.#watch = watch;
  }

  async look(path: string, mode: LookMode): Promise<Look> {
    const parent = path === '' ? undefined : this.#folders.get(folderOf(path));
    if (path !== '' && parent === undefined) return nothing;
    let stats: BigIntStats;
    try {
      stats = await stat(this.#place(path), { bigint: true });
    } catch (error) {
      const failure = readFailure(error);
      return failure.kind === 'gone' ? this.#vanished(path) : this.#unreadable(path, parent, failure.problem);
    }
    if (stats.isDirectory()) return this.#lookIntoFolder(path, parent, `${stats.dev}:${stats.ino}`);
    if (parent === undefined) return this.#unreadable(path, parent, 'it is no folder');
    return isManifest(path) ? this.#lookAtFile(path, parent, stats, mode) : this.#forget(path);
  }

  isFolder(path: string): boolean {
    return this.#folders.has(path);
  }

  /** The watch of this folder broke: the next look sets a new one. */
  unwatch(path: string): void {
    const folder = this.#folders.get(path);
    folder?.watch?.close();
    if (folder !== undefined) folder.watch = undefined;
  }

  close(): void {
    for (const path of this.#folders.keys()) this.unwatch(path);
  }

  async #lookAtFile(path: string, parent: Folder, stats: BigIntStats, mode: LookMode): Promise<Look> {
    const stamp = [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(':');
    if (mode === 'stamp' && this.files.get(path)?.stamp === stamp) return nothing;
    const read = await readManifest(this.#place(path));
    if (read.kind === 'gone') return this.#vanished(path);
    if (!this.#knows(parent)) return nothing;
    const forgotten = this.#folders.has(path) ? this.#forget(path).touched : [];
    const file = this.#fileAt(path, parent);
    // Taken before the read: a write in between gives another stamp and so another read.
    file.stamp = read.kind === 'bytes' ? stamp : '';
    return { touched: file.update(read) ? [...forgotten, path] : forgotten, next: [] };
  }

  async #lookIntoFolder(path: string, parent: Folder | undefined, id: string): Promise<Look> {
    if (parent !== undefined && !this.#knows(parent)) return nothing;
    if (hasAncestor(parent, id)) return this.#forget(path);
    if (parent !== undefined && !this.#folders.has(path) && this.#tooMany(path, parent)) return nothing;
    const touched = this.files.has(path) ? this.#forget(path).touched : [];
    const folder = this.#enter(path, parent, id);
    let names: string[];
    try {
      // Watched first, listed second: what appears in between is in the list or in an event, or in both.
      names = await this.#list(path);
    } catch (error) {
      const failure = readFailure(error);
      return failure.kind === 'gone' ? this.#vanished(path) : this.#unreadable(path, parent, failure.problem);
    }
    this.problems.delete(path);
    const next = new Set([...names, ...folder.names]);
    return { touched, next: [...next].map((name) => below(path, name)) };
  }

  /** Depth and number are bounded: folders may be linked into each other in exponentially many ways. */
  #tooMany(path: string, parent: Folder): boolean {
    if (path.split('/').length > DEPTH_LIMIT)
      return this.#leaveOut(path, parent, `it is more than ${DEPTH_LIMIT} folders deep`);
    if (this.#folders.size < FOLDER_LIMIT) return false;
    const problem = `there are more than ${FOLDER_LIMIT} folders`;
    // Said of one, not of each of the many.
    return [...this.problems.values()].includes(problem) || this.#leaveOut(path, parent, problem);
  }

  #leaveOut(path: string, parent: Folder, problem: string): true {
    this.problems.set(path, problem);
    parent.names.add(nameOf(path));
    return true;
  }

  #enter(path: string, parent: Folder | undefined, id: string): Folder {
    let folder = this.#folders.get(path);
    if (folder === undefined) {
      folder = { path, parent, id, watch: undefined, names: new Set() };
      this.#folders.set(path, folder);
      parent?.names.add(nameOf(path));
    }
    if (folder.id !== id) this.unwatch(path);
    folder.id = id;
    folder.watch ??= this.#watch(path, this.#place(path));
    return folder;
  }

  async #list(path: string): Promise<string[]> {
    const entries = await readdir(this.#place(path), { withFileTypes: true });
    const wanted = entries.filter(({ name }) => !name.startsWith('.'));
    return wanted.filter((entry) => !entry.isFile() || isManifest(entry.name)).map(({ name }) => name);
  }

  /** A path that is not there is forgotten, unless the whole folder is away: then everything stays as it was. */
  async #vanished(path: string): Promise<Look> {
    if (path === '') return this.#unreadable(path, undefined, 'it does not exist');
    const root = await stat(this.#root, { bigint: true }).catch(() => undefined);
    const same = root !== undefined && `${root.dev}:${root.ino}` === this.#folders.get('')?.id;
    return same ? this.#forget(path) : { touched: [], next: [''] };
  }

  #unreadable(path: string, parent: Folder | undefined, problem: string): Look {
    if (parent === undefined || this.#folders.has(path)) {
      this.problems.set(path, problem);
      return nothing;
    }
    if (!this.#knows(parent) || (!isManifest(path) && !this.files.has(path))) return nothing;
    const file = this.#fileAt(path, parent);
    file.stamp = '';
    return { touched: file.update({ kind: 'unreadable', problem }) ? [path] : [], next: [] };
  }

  #fileAt(path: string, parent: Folder): ManifestFile {
    let file = this.files.get(path);
    if (file === undefined) {
      file = new ManifestFile(path);
      this.files.set(path, file);
      parent.names.add(nameOf(path));
    }
    return file;
  }

  /** A file, or a folder with all below it. */
  #forget(path: string): Look {
    const touched = this.files.delete(path) ? [path] : [];
    const folder = this.#folders.get(path);
    for (const name of folder?.names ?? []) touched.push(...this.#forget(below(path, name)).touched);
    this.unwatch(path);
    this.#folders.delete(path);
    this.problems.delete(path);
    this.#folders.get(folderOf(path))?.names.delete(nameOf(path));
    return { touched, next: [] };
  }

  /** False when the folder was forgotten while something in it was read. */
  #knows(folder: Folder): boolean {
    return this.#folders.get(folder.path) === folder;
  }

  #place(path: string): string {
    return path === '' ? this.#root : join(this.#root, path);
  }
}

export const isManifest = (name: string): boolean => /\.(ya?ml|json)$/.test(name);

export const below = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function hasAncestor(folder: Folder | undefined, id: string): boolean {
  for (let each = folder; each !== undefined; each = each.parent) if (each.id === id) return true;
  return false;
}

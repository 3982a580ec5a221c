import type { Refusal } from '../../../model/refusal.ts';
import type { ObjectChange } from '../../object-store.ts';
import { byBytes, FolderClaims } from './folder-claims.ts';
import { FolderTree, type LookMode, type WatchFolder } from './folder-tree.ts';

/** Enough to keep the four threads that read files busy. */
const BATCH = 32;

export interface Walk {
  readonly mode: LookMode;
  /** For what is found in folders. */
  readonly below: LookMode;
  /** Between two batches; what is urgent is done here. */
  between?(): Promise<void>;
  /** A bug of ours met by one path; the walk goes on. Without this it rejects. */
  failed?(path: string, error: unknown): void;
}

/** The folder as last seen, and which of its objects count. Looking and taking are apart, so that a change is taken whole. */
export class FolderState {
  readonly #tree: FolderTree;
  readonly #claims = new FolderClaims();

  constructor(root: string, watch: WatchFolder) {
    this.#tree = new FolderTree(root, watch);
  }

  /** Compares these paths and what is found below them with the disk; adds the files that are different now to `touched`. */
  async walk(paths: Iterable<string>, touched: Set<string>, walk: Walk): Promise<void> {
    const queue = [...paths];
    let mode = walk.mode;
    for (let from = 0; from < queue.length; mode = walk.below) {
      // One layer at a time: a layer is what the one before found.
      const end = queue.length;
      for (; from < end; from += BATCH) {
        const batch = queue.slice(from, Math.min(from + BATCH, end));
        const looks = await Promise.all(batch.map((path) => this.#look(path, mode, walk)));
        for (const look of looks) for (const path of look.touched) touched.add(path);
        for (const look of looks) for (const path of look.next) queue.push(path);
        await walk.between?.();
      }
      from = end;
    }
  }

  /** The change that these files make. */
  take(touched: Iterable<string>): ObjectChange {
    for (const path of touched) this.#claims.set(path, this.#tree.files.get(path)?.objects ?? []);
    return this.#claims.take();
  }

  /** All that stand, by file name. */
  refusals(): Refusal[] {
    const ofFiles = [...this.#tree.files.values()].flatMap((file) => file.refusals);
    const ofFolders = [...this.#tree.problems].map(folderRefusal);
    const all = [...ofFolders, ...ofFiles, ...this.#claims.duplicates()];
    return all.sort((a, b) => byBytes(a.file, b.file));
  }

  /** Why the folder itself cannot be read, if so. */
  get rootProblem(): string | undefined {
    return this.#tree.problems.get('');
  }

  get fileCount(): number {
    return this.#tree.files.size;
  }

  isFolder(path: string): boolean {
    return this.#tree.isFolder(path);
  }

  unwatch(path: string): void {
    this.#tree.unwatch(path);
  }

  close(): void {
    this.#tree.close();
  }

  async #look(path: string, mode: LookMode, walk: Walk): ReturnType<FolderTree['look']> {
    try {
      return await this.#tree.look(path, mode);
    } catch (error) {
      if (walk.failed === undefined) throw error;
      walk.failed(path, error);
      return { touched: [], next: [] };
    }
  }
}

/** The folder itself is `.`. */
function folderRefusal([path, problem]: [path: string, problem: string]): Refusal {
  const message = `the folder cannot be read: ${problem}; what it last held that was good stays`;
  return { file: path === '' ? '.' : path, object: null, field: '', reason: 'FileUnreadable', message };
}

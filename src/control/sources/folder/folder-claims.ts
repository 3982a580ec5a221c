import type { KubeObject } from '../../../model/objects.ts';
import { type ObjectRef, type Refusal, refText } from '../../../model/refusal.ts';
import { keyOf, type ObjectChange, refOf } from '../../object-store.ts';

/** One file's version of an object; `index` is its place in the file. */
interface Claim {
  readonly file: string;
  readonly index: number;
  readonly object: KubeObject;
}

/**
 * Which file's version of each object counts: the first by file name, and in one file the first written. The work of a
 * change is that of the objects in the files that changed, however many files there are.
 */
export class FolderClaims {
  readonly #files = new Map<string, readonly KubeObject[]>();
  readonly #claims = new Map<string, Claim[]>();
  readonly #winners = new Map<string, KubeObject>();
  readonly #duplicates = new Map<string, readonly Refusal[]>();
  readonly #stale = new Map<string, ObjectRef>();

  /** The file holds these objects now; none when it is gone. */
  set(file: string, objects: readonly KubeObject[]): void {
    for (const object of this.#files.get(file) ?? []) this.#unclaim(file, object);
    for (const [index, object] of objects.entries()) this.#claim({ file, index, object });
    if (objects.length === 0) this.#files.delete(file);
    else this.#files.set(file, objects);
  }

  /** What is different since the last call. */
  take(): ObjectChange {
    const put: KubeObject[] = [];
    const remove: ObjectRef[] = [];
    for (const [key, ref] of this.#stale) {
      const before = this.#winners.get(key);
      const now = this.#elect(key);
      if (now === undefined && before !== undefined) remove.push(ref);
      if (now !== undefined && now !== before) put.push(now);
    }
    this.#stale.clear();
    return { put, remove };
  }

  /** One for each file with a version that does not count, as of the last `take`. */
  duplicates(): Refusal[] {
    return [...this.#duplicates.values()].flat();
  }

  #claim(claim: Claim): void {
    const key = keyOf(claim.object);
    const claims = this.#claims.get(key);
    if (claims === undefined) this.#claims.set(key, [claim]);
    else claims.push(claim);
    this.#stale.set(key, refOf(claim.object));
  }

  #unclaim(file: string, object: KubeObject): void {
    const key = keyOf(object);
    const rest = this.#claims.get(key)?.filter((claim) => claim.file !== file) ?? [];
    if (rest.length === 0) this.#claims.delete(key);
    else this.#claims.set(key, rest);
    this.#stale.set(key, refOf(object));
  }

  #elect(key: string): KubeObject | undefined {
    const claims = this.#claims.get(key)?.sort(byFileName);
    const [first, ...others] = claims ?? [];
    if (first === undefined) this.#winners.delete(key);
    else this.#winners.set(key, first.object);
    if (first === undefined || others.length === 0) this.#duplicates.delete(key);
    else
      this.#duplicates.set(
        key,
        oncePerFile(others).map((other) => duplicate(first, other)),
      );
    return first?.object;
  }
}

/** By bytes, as `LC_ALL=C ls` and `sort` show them; JavaScript's own order differs beyond U+FFFF. */
export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const byFileName = (a: Claim, b: Claim): number => byBytes(a.file, b.file) || a.index - b.index;

const oncePerFile = (claims: readonly Claim[]): Claim[] => [...new Map(claims.map((it) => [it.file, it])).values()];

function duplicate(first: Claim, other: Claim): Refusal {
  const ref = refOf(other.object);
  const where = first.file === other.file ? 'earlier in this file' : `in ${first.file}`;
  const message = `${refText(ref)} stands ${where} already, and the first by file name counts`;
  return { file: other.file, object: ref, field: '', reason: 'ObjectDuplicate', message };
}

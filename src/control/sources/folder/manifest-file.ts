import { hash } from 'node:crypto';
import type { KubeObject, Origin } from '../../../model/objects.ts';
import { type Refusal, refText } from '../../../model/refusal.ts';
import { keyOf } from '../../object-store.ts';
import { admit } from '../admit/admit.ts';
import { parseManifest } from './parse-manifest.ts';
import type { ManifestRead } from './read-manifest.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * One file as it lives: what it last said that was right, and what is wrong with what it says now.
 *
 * Last good: a file that cannot be read or parsed keeps all its objects; an object that is refused as a whole keeps its
 * own last good version while the others of its file change. What is no longer written in the file is gone.
 */
export class ManifestFile {
  readonly origin: Origin;
  objects: readonly KubeObject[] = [];
  refusals: readonly Refusal[] = [];
  /** Identity, size and times of the file when it was last read; '' to read it again. */
  stamp = '';
  #hash = '';

  /** `name`: path below the folder. */
  constructor(name: string) {
    this.origin = { file: name, folder: true };
  }

  /** Returns whether anything changed. */
  update(read: Exclude<ManifestRead, { kind: 'gone' }>): boolean {
    if (read.kind === 'unreadable') return this.#refuse('FileUnreadable', `the file cannot be read: ${read.problem}`);
    const found = hash('sha256', read.bytes);
    if (found === this.#hash) return false;
    const text = textOf(read.bytes);
    if (text === undefined) this.#refuse('FileMalformed', 'the file is not UTF-8');
    else this.#take(text);
    this.#hash = found;
    return true;
  }

  #refuse(reason: 'FileUnreadable' | 'FileMalformed', message: string): boolean {
    const kept = this.objects.length === 0 ? '' : '; its last good objects stay';
    const refusal = { file: this.origin.file, object: null, field: '', reason, message: message + kept };
    const changed = this.refusals.length !== 1 || this.refusals[0]?.message !== refusal.message;
    this.refusals = [refusal];
    this.#hash = '';
    return changed;
  }

  #take(text: string): void {
    const parsed = parseManifest(this.origin.file, text);
    if (parsed.kind === 'malformed') {
      const { line, column, problem } = parsed;
      this.#refuse('FileMalformed', `line ${line}, column ${column}: ${problem}`);
      return;
    }
    const admitted = parsed.documents.map((document) => admit(document, this.origin));
    this.refusals = admitted.flatMap((each) => each.refusals);
    this.objects = settle(
      this.objects,
      admitted.flatMap((each) => each.objects),
      this.refusals,
    );
  }
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The new objects, equal ones in their old identity, then the last good version of those refused as a whole. */
function settle(
  before: readonly KubeObject[],
  now: readonly KubeObject[],
  refusals: readonly Refusal[],
): readonly KubeObject[] {
  const old = new Map(before.map((object) => [keyOf(object), object]));
  const present = new Set(now.map(keyOf));
  const refused = new Set(refusals.flatMap(({ object }) => (object === null ? [] : [refText(object)])));
  const kept = [...refused].filter((key) => !present.has(key)).flatMap((key) => old.get(key) ?? []);
  return [...now.map((object) => sameAs(old.get(keyOf(object)), object)), ...kept];
}

const sameAs = (old: KubeObject | undefined, object: KubeObject): KubeObject =>
  old !== undefined && JSON.stringify(old) === JSON.stringify(object) ? old : object;

import { type Refusal, refText } from '../model/refusal.ts';
import type { Log } from '../observe/log.ts';

/** Hears of each change of the ledger; what came and what went are never both empty. */
export type RefusalListener = (came: readonly Refusal[], went: readonly Refusal[]) => void;

/** The refusals of each thing that was looked at, by a name that means something to the part alone. */
export type RefusalGroups = ReadonlyMap<string, readonly Refusal[]>;

/**
 * All refusals that stand now. Each part of the process (a source, a step of translation) says its own: a small part its
 * whole list whenever it looked again, a large one only the groups that it looked at again. The log hears of each refusal
 * once when it comes and once when it goes.
 */
export class RefusalLedger {
  readonly #log: Log;
  readonly #parts = new Map<string, LedgerPart>();
  readonly #listeners: RefusalListener[] = [];
  #all: readonly Refusal[] | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** `refusals` are all of this part, in its own order. */
  replace(part: string, refusals: readonly Refusal[]): void {
    const before = this.#parts.get(part);
    const now = new LedgerPart();
    now.change(new Map([['', refusals]]));
    this.#parts.set(part, now);
    this.#all = undefined; // the order may be another one
    this.#tell(without(now, before), before === undefined ? [] : without(before, now));
  }

  /** The groups that are not named stay. Costs what is named, however much stands. */
  change(part: string, groups: RefusalGroups): void {
    const known = this.#parts.get(part) ?? new LedgerPart();
    this.#parts.set(part, known);
    const { came, went } = known.change(groups);
    this.#tell(came, went);
  }

  onChange(listener: RefusalListener): void {
    this.#listeners.push(listener);
  }

  /** Sorted by file, and each part's in its own order, or in that of their coming. */
  all(): readonly Refusal[] {
    this.#all ??= [...this.#parts.values()].flatMap((part) => [...part.refusals()]).sort(byFile);
    return this.#all;
  }

  #tell(came: readonly Refusal[], went: readonly Refusal[]): void {
    if (came.length + went.length === 0) return;
    this.#all = undefined;
    for (const refusal of came) this.#log.warn(fieldsOf(refusal), 'refused');
    for (const refusal of went) this.#log.info(fieldsOf(refusal), 'no longer refused');
    for (const listener of this.#listeners) listener(came, went);
  }
}

interface Standing {
  readonly refusal: Refusal;
  /** Two groups may find the same fault. */
  groups: number;
}

class LedgerPart {
  readonly #groups = new Map<string, ReadonlyMap<string, Refusal>>();
  readonly #standing = new Map<string, Standing>();

  *refusals(): Generator<Refusal> {
    for (const { refusal } of this.#standing.values()) yield refusal;
  }

  has(refusal: Refusal): boolean {
    return this.#standing.has(keyOf(refusal));
  }

  /** What moves from one group to another neither comes nor goes. */
  change(groups: RefusalGroups): { readonly came: readonly Refusal[]; readonly went: readonly Refusal[] } {
    const came = new Map<string, Refusal>();
    const went = new Map<string, Refusal>();
    for (const [name, refusals] of groups) {
      const before = this.#groups.get(name);
      const now = new Map(refusals.map((refusal) => [keyOf(refusal), refusal]));
      for (const [key, refusal] of now) if (!before?.has(key) && this.#add(key, refusal)) came.set(key, refusal);
      for (const [key, refusal] of before ?? []) if (!now.has(key) && this.#drop(key)) went.set(key, refusal);
      if (now.size > 0) this.#groups.set(name, now);
      else this.#groups.delete(name);
    }
    for (const key of came.keys()) if (went.delete(key)) came.delete(key);
    return { came: [...came.values()], went: [...went.values()] };
  }

  /** True when it did not stand before. */
  #add(key: string, refusal: Refusal): boolean {
    const standing = this.#standing.get(key);
    if (standing !== undefined) standing.groups++;
    else this.#standing.set(key, { refusal, groups: 1 });
    return standing === undefined;
  }

  /** True when it no longer stands. */
  #drop(key: string): boolean {
    const standing = this.#standing.get(key);
    if (standing === undefined || --standing.groups > 0) return false;
    return this.#standing.delete(key);
  }
}

const without = (some: LedgerPart, others: LedgerPart | undefined): Refusal[] =>
  [...some.refusals()].filter((refusal) => others === undefined || !others.has(refusal));

function keyOf({ file, object, field, reason, message }: Refusal): string {
  return JSON.stringify([file, object?.kind, object?.namespace, object?.name, field, reason, message]);
}

function fieldsOf({ file, object, field, reason, message }: Refusal): object {
  return { file, object: object === null ? '' : refText(object), field, reason, detail: message };
}

const byFile = (a: Refusal, b: Refusal): number => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0);

import { type Refusal, refText } from '../model/refusal.ts';
import type { Log } from '../observe/log.ts';

/** Hears of each change of the ledger; what came and what went are never both empty. */
export type RefusalListener = (came: readonly Refusal[], went: readonly Refusal[]) => void;

/**
 * All refusals that stand now. Each part of the process (a source, a step of translation) replaces its own whole list
 * whenever it looked again; the log hears of each refusal once when it comes and once when it goes.
 */
export class RefusalLedger {
  readonly #log: Log;
  readonly #parts = new Map<string, ReadonlyMap<string, Refusal>>();
  readonly #listeners: RefusalListener[] = [];
  #all: readonly Refusal[] | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  replace(part: string, refusals: readonly Refusal[]): void {
    const before = this.#parts.get(part) ?? new Map<string, Refusal>();
    const now = new Map(refusals.map((refusal) => [keyOf(refusal), refusal]));
    this.#parts.set(part, now);
    this.#all = undefined;
    const came = without(now, before);
    const went = without(before, now);
    for (const refusal of came) this.#log.warn(fieldsOf(refusal), 'refused');
    for (const refusal of went) this.#log.info(fieldsOf(refusal), 'no longer refused');
    if (came.length + went.length > 0) for (const listener of this.#listeners) listener(came, went);
  }

  onChange(listener: RefusalListener): void {
    this.#listeners.push(listener);
  }

  /** Sorted by file, and each part's in its own order. */
  all(): readonly Refusal[] {
    this.#all ??= [...this.#parts.values()].flatMap((part) => [...part.values()]).sort(byFile);
    return this.#all;
  }
}

const without = (some: ReadonlyMap<string, Refusal>, others: ReadonlyMap<string, Refusal>): Refusal[] =>
  [...some].filter(([key]) => !others.has(key)).map(([, refusal]) => refusal);

function keyOf({ file, object, field, reason, message }: Refusal): string {
  return JSON.stringify([file, object?.kind, object?.namespace, object?.name, field, reason, message]);
}

function fieldsOf({ file, object, field, reason, message }: Refusal): object {
  return { file, object: object === null ? '' : refText(object), field, reason, detail: message };
}

const byFile = (a: Refusal, b: Refusal): number => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0);

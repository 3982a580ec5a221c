import type { HeldMap } from './held-objects.ts';
import { isOlder } from './is-older.ts';
import { isSuspicious } from './judge-shrink.ts';
import type { WholeList } from './whole-list.ts';

/** After so many lists that do not fit each other the last one counts: a server that never agrees with itself is still all there is. */
const MOST_DOUBTS = 4;

/**
 * Which lists are believed: those that show no sign of a mistake, and those that say the same as the one before them. What
 * is held stays until then.
 */
export class ListJudge<T> {
  #doubted: WholeList<T> | undefined;
  #doubts = 0;

  /** How many lists in a row have not been believed. */
  get doubts(): number {
    return this.#doubts;
  }

  /** @returns why the list is not believed; undefined when it is. */
  judge(list: WholeList<T>, held: HeldMap<T>, version: string | undefined): string | undefined {
    const doubt = doubtOf(list, held, version);
    if (doubt === undefined || this.#doubts >= MOST_DOUBTS || agree(this.#doubted, list)) {
      this.#doubted = undefined;
      this.#doubts = 0;
      return undefined;
    }
    this.#doubted = list;
    this.#doubts++;
    return doubt;
  }
}

function doubtOf<T>(list: WholeList<T>, held: HeldMap<T>, version: string | undefined): string | undefined {
  if (list.flaw !== undefined) return list.flaw;
  if (isSuspicious(held, list.objects)) return 'it takes away more than half';
  return version !== undefined && isOlder(list.version, version) ? 'it is older than what was known' : undefined;
}

function agree<T>(before: WholeList<T> | undefined, list: WholeList<T>): boolean {
  if (before === undefined || list.flaw !== undefined) return false;
  return !isSuspicious(before.objects, list.objects) && !isSuspicious(list.objects, before.objects);
}

import { COMMA, HT, SP } from './byte-classes.ts';
import { isWord, skipSpace } from './reading.ts';

/** The end of bytes[start, end) without the space at its end. */
export function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = end;
  while (i > start && (bytes[i - 1] === SP || bytes[i - 1] === HT)) i--;
  return i;
}

/** The end of the list element that begins at `start`: its comma, or `end`. */
export function elementEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && bytes[i] !== COMMA) i++;
  return i;
}

/** Whether a comma-separated list in bytes[start, end) has `word` (lower case) as an element, in any letter case. */
export function hasElement(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  for (let i = start; i < end; ) {
    const next = elementEnd(bytes, i, end);
    const first = skipSpace(bytes, i, next);
    if (isWord(bytes, first, trimmedEnd(bytes, first, next), word)) return true;
    i = next + 1;
  }
  return false;
}

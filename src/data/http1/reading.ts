import { CR, HT, LOWER, SP, VALUE } from './byte-classes.ts';

/**
 * A reader returns the position it came to, or one of these. All readers take bytes[i, end) and look at nothing
 * outside it.
 */

/** What is there may become valid: ask again from the same start when there is more. */
export const INCOMPLETE = -1;

/** No continuation makes it valid. */
export const REFUSED = -2;

/** OWS (RFC 9110, 5.6.3). */
export function skipSpace(bytes: Uint8Array, from: number, end: number): number {
  let i = from;
  while (i < end && (bytes[i] === SP || bytes[i] === HT)) i++;
  return i;
}

export function skipValue(bytes: Uint8Array, from: number, end: number): number {
  let i = from;
  while (i < end && VALUE[bytes[i]!]) i++;
  return i;
}

/** CR LF at `from`: the position after it. */
export function readLineEnd(bytes: Uint8Array, from: number, end: number): number {
  if (from >= end) return INCOMPLETE;
  if (bytes[from] !== CR) return REFUSED;
  if (from + 1 >= end) return INCOMPLETE;
  return bytes[from + 1] === 10 ? from + 2 : REFUSED;
}

/** `word` in lower case; any letter case is accepted in `bytes`. */
export function readWord(bytes: Uint8Array, from: number, end: number, word: Uint8Array): number {
  for (let k = 0; k < word.length; k++) {
    if (from + k >= end) return INCOMPLETE;
    if (LOWER[bytes[from + k]!] !== word[k]) return REFUSED;
  }
  return from + word.length;
}

/** The same with letter case. */
export function readExactly(bytes: Uint8Array, from: number, end: number, word: Uint8Array): number {
  for (let k = 0; k < word.length; k++) {
    if (from + k >= end) return INCOMPLETE;
    if (bytes[from + k] !== word[k]) return REFUSED;
  }
  return from + word.length;
}

/** Whether bytes[start, end) is `word` (lower case) in any letter case. */
export function isWord(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  return end - start === word.length && readWord(bytes, start, end, word) === end;
}

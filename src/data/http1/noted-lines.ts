import { COLON, LF } from './byte-classes.ts';
import { type HeaderKind, kindOf } from './header-names.ts';
import type { LineRegion } from './message-head.ts';

/** The lines of one kind in their region, as they stand. `region` is one of the head that was read from `bytes`. */
export function writeLines(
  output: { bytes(source: Buffer, start: number, end: number): void },
  bytes: Buffer,
  region: LineRegion,
  kind: HeaderKind,
): void {
  if (region.end === 0) return;
  for (let line = firstLine(bytes, region); line < region.end; line = nextLine(bytes, line)) {
    if (kindOf(bytes, line, bytes.indexOf(COLON, line)) === kind) output.bytes(bytes, line, nextLine(bytes, line));
  }
}

/** Where the first line begins; a request line or a status line stands before it. */
export const firstLine = (bytes: Buffer, region: LineRegion): number => bytes.lastIndexOf(LF, region.start) + 1;

export const nextLine = (bytes: Buffer, line: number): number => bytes.indexOf(LF, line) + 1;

/** Whether `word` stands anywhere in the region. */
export function holds(bytes: Buffer, region: LineRegion, word: Buffer): boolean {
  return region.end > 0 && bytes.subarray(region.start, region.end).includes(word);
}

import { trimmedEnd } from './list-values.ts';
import type { MessageHead } from './message-head.ts';
import { skipSpace, skipValue } from './reading.ts';

/** Notes where the value of an Upgrade line stands, without the space around it; returns the end of the line's value. */
export function readUpgrade(head: MessageHead, bytes: Buffer, from: number, end: number): number {
  const i = skipValue(bytes, from, end);
  head.upgradeStart = skipSpace(bytes, from, i);
  head.upgradeEnd = trimmedEnd(bytes, head.upgradeStart, i);
  return i;
}

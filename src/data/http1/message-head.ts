import type { FailureName } from '../../model/failures.ts';
import { skipValue } from './reading.ts';

/** What was seen in a head: bits of `MessageHead.seen`, for the readers alone. */
export const SAW_HOST = 1;
export const SAW_LENGTH = 2;
export const SAW_CHUNKED = 4;
export const SAW_CLOSE = 8;
export const SAW_KEEP_ALIVE = 16;
/** `Connection: upgrade`. */
export const SAW_UPGRADE_OPTION = 32;
/** An Upgrade line. */
export const SAW_UPGRADE = 64;
export const SAW_SECOND_UPGRADE = 128;
export const SAW_EXPECT = 256;
/** The target is in absolute form. */
export const SAW_ABSOLUTE = 512;
export const SAW_DATE = 2048;

/** The digits of Content-Length have more around them than one space, or zeros before them. */
export const SAW_PADDED_LENGTH = 1024;

export const noBytes: Buffer = Buffer.alloc(0);

/** Where the lines of one kind stand in a head; lines of other kinds may stand between them. */
export class LineRegion {
  /** After the colon of the first. */
  start = 0;
  /** The CR of the last; 0 when there is none. */
  end = 0;
}

/**
 * What request and answer heads have in common. One per connection, used again for each message, never of another
 * shape. Its fields mean something only after a reader returned a position.
 */
export class MessageHead {
  /** The buffer of the head: every position points into it. */
  bytes: Buffer = noBytes;
  /** 10 or 11. */
  version = 11;
  /** Pairs [start, end) in `bytes`: what is sent on, whole lines with their CRLF. */
  runs: Int32Array = new Int32Array(16);
  /** Pairs in use. */
  runCount = 0;
  /** Bytes of body that follow, where the framing is `length`; 0 elsewhere. */
  contentLength = 0;
  /** The digits of Content-Length, where they are padded. */
  digitsStart = 0;
  digitsEnd = 0;
  keepAlive = false;
  /** Value of the Upgrade line without the space around it. */
  upgradeStart = 0;
  upgradeEnd = 0;
  /** Why, after REFUSED. */
  failure: FailureName | undefined = undefined;
  seen = 0;
  /** Kinds of lines that are left out, for the readers alone: bit `1 << kind`. */
  dropped = 0;
  /** Trailer lines; they are left out of the runs. */
  readonly trailerLines: LineRegion = new LineRegion();
}

/** Adds [start, end) to what is sent on; joins it to the run that ends where it begins. */
export function addRun(head: MessageHead, start: number, end: number): void {
  if (start >= end) return;
  const last = head.runCount * 2;
  if (last > 0 && head.runs[last - 1] === start) {
    head.runs[last - 1] = end;
    return;
  }
  if (last === head.runs.length) head.runs = grown(head.runs);
  head.runs[last] = start;
  head.runs[last + 1] = end;
  head.runCount++;
}

/** Takes bytes[start, end) out of what is sent on. */
export function cutRuns(head: MessageHead, start: number, end: number): void {
  const before = head.runs.slice(0, head.runCount * 2);
  head.runCount = 0;
  for (let run = 0; run < before.length; run += 2) {
    addRun(head, before[run]!, Math.min(before[run + 1]!, start));
    addRun(head, Math.max(before[run]!, end), before[run + 1]!);
  }
}

function grown(runs: Int32Array): Int32Array {
  const larger = new Int32Array(runs.length * 2);
  larger.set(runs);
  return larger;
}

/** The reader of a value that is not looked into: notes its line and returns its end. */
export function noteLine(region: LineRegion, bytes: Uint8Array, from: number, end: number): number {
  if (region.end === 0) region.start = from;
  region.end = skipValue(bytes, from, end);
  return region.end;
}

import { AnswerHead, readAnswerHead } from '../../../../src/data/http1/answer-head.ts';
import { type HeaderKind, OURS, TRAILER, VIA } from '../../../../src/data/http1/header-names.ts';
import type { LineRegion, MessageHead } from '../../../../src/data/http1/message-head.ts';
import { writeLines } from '../../../../src/data/http1/noted-lines.ts';
import { INCOMPLETE, keepRequestHead, RequestHead, readRequestHead } from '../../../../src/data/http1/request-head.ts';

export const usualLimits = { headLimitBytes: 16_384, targetLimitBytes: 8192, headerLimit: 100 };

const outcome = (result: number) => (result >= 0 ? 'accepted' : result === INCOMPLETE ? 'incomplete' : 'refused');

/** Between what a reader may look at and what it may not: would end any line, and any head, if it were looked at. */
export const surroundings: readonly Buffer[] = ['\r\n\r\n', '\n', '\0', 'chunked, 5', '/../', '::'].map((text) =>
  Buffer.from(text),
);

/** `text` (latin1) in the middle of a buffer of other bytes. */
export function amid(text: string, around: Buffer): { bytes: Buffer; start: number; end: number } {
  const middle = Buffer.from(text, 'latin1');
  const bytes = Buffer.concat([around, middle, around]);
  return { bytes, start: around.length, end: around.length + middle.length };
}

/** The lines of one kind that the head has noted, one string each. */
function notedLines(head: MessageHead, region: LineRegion, kind: HeaderKind): string[] {
  let text = '';
  const bytes = (source: Buffer, start: number, end: number) => {
    text += source.toString('latin1', start, end);
  };
  writeLines({ bytes }, head.bytes, region, kind);
  return text.split('\r\n').slice(0, -1);
}

/** The header lines that go on, one string each. */
function linesOf(head: MessageHead): string[] {
  let text = '';
  for (let k = 0; k < head.runCount; k++) text += head.bytes.toString('latin1', head.runs[2 * k], head.runs[2 * k + 1]);
  return text.split('\r\n').slice(0, -1);
}

interface ReadOptions {
  readonly limits?: typeof usualLimits;
  readonly around?: Buffer;
}

export interface JudgedRequest {
  readonly outcome: string;
  readonly failure?: string | undefined;
  /** Bytes of the head. */
  readonly size?: number;
  readonly method?: string;
  readonly target?: string;
  readonly path?: string;
  readonly host?: string;
  readonly authority?: string;
  readonly version?: number;
  readonly keepAlive?: boolean;
  readonly body?: string;
  readonly contentLength?: number;
  readonly lines?: readonly string[];
  readonly upgrade?: string | undefined;
  readonly expectContinue?: boolean;
  readonly trailersAccepted?: boolean;
  /** Lines that are noted: Trailer; X-Forwarded-* and the like; Via. */
  readonly trailerLines?: readonly string[];
  readonly forwardedLines?: readonly string[];
  readonly viaLines?: readonly string[];
}

/** Everything a request reader says, as plain values. One head for all, as one connection has. */
export function judgeRequest(
  text: string,
  {
    limits = usualLimits,
    around = surroundings[0]!,
    head = sharedRequest,
    kept = false,
  }: ReadOptions & {
    head?: RequestHead;
    /** Judged from a copy, when what was read from has been written over. */
    kept?: boolean;
  } = {},
): JudgedRequest {
  const { bytes, start, end } = amid(text, around);
  const result = readRequestHead(head, bytes, start, end, limits);
  if (result < 0) return { outcome: outcome(result), failure: head.failure };
  if (kept) {
    keepRequestHead(head, Buffer.alloc(result), start, result);
    bytes.fill('\r');
  }
  return {
    outcome: 'accepted',
    size: result - start,
    method: head.method,
    target: head.target.toString('latin1', head.targetStart, head.targetEnd),
    path: head.target.toString('latin1', head.targetStart, head.pathEnd),
    host: head.authority.toString('latin1', head.hostStart, head.hostEnd),
    authority: head.authority.toString('latin1', head.authorityStart, head.authorityEnd),
    version: head.version,
    keepAlive: head.keepAlive,
    body: head.body,
    contentLength: head.contentLength,
    lines: linesOf(head),
    upgrade: head.upgrade ? head.bytes.toString('latin1', head.upgradeStart, head.upgradeEnd) : undefined,
    expectContinue: head.expectContinue,
    trailersAccepted: head.trailersAccepted,
    trailerLines: notedLines(head, head.trailerLines, TRAILER),
    forwardedLines: notedLines(head, head.forwardedLines, OURS),
    viaLines: notedLines(head, head.viaLines, VIA),
  };
}

const sharedRequest = new RequestHead();

export interface JudgedAnswer {
  readonly outcome: string;
  readonly size?: number;
  readonly version?: number;
  readonly status?: number;
  readonly framing?: string;
  readonly contentLength?: number;
  readonly keepAlive?: boolean;
  readonly keepAliveTimeoutMs?: number;
  readonly upgrade?: string;
  /** The status line from its digits, then the header lines. */
  readonly lines?: readonly string[];
  /** It has a Date line. */
  readonly dated?: boolean;
  readonly trailerLines?: readonly string[];
}

/** Everything an answer reader says, as plain values. */
export function judgeAnswer(
  text: string,
  {
    limits = usualLimits,
    around = surroundings[0]!,
    headRequest = false,
  }: ReadOptions & { headRequest?: boolean } = {},
): JudgedAnswer {
  const { bytes, start, end } = amid(text, around);
  const head = sharedAnswer;
  const result = readAnswerHead(head, bytes, start, end, limits, headRequest);
  if (result < 0) return { outcome: outcome(result) };
  return {
    outcome: 'accepted',
    size: result - start,
    version: head.version,
    status: head.status,
    framing: head.framing,
    contentLength: head.contentLength,
    keepAlive: head.keepAlive,
    keepAliveTimeoutMs: head.keepAliveTimeoutMs,
    upgrade: bytes.toString('latin1', head.upgradeStart, head.upgradeEnd),
    lines: linesOf(head),
    dated: head.dated,
    trailerLines: notedLines(head, head.trailerLines, TRAILER),
  };
}

const sharedAnswer = new AnswerHead();

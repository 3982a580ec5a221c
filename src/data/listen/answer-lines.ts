import type { AnswerHead } from '../http1/answer-head.ts';
import { SP } from '../http1/byte-classes.ts';
import { TRAILER } from '../http1/header-names.ts';
import { writeLines } from '../http1/noted-lines.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { Output } from '../output.ts';
import { dateLine } from './date-line.ts';

const STATUS_DIGITS = 3;
const VERSION = Buffer.from('HTTP/1.1 ');
const LINE_END = Buffer.from('\r\n');
const CLOSE = Buffer.from('Connection: close\r\n');
const KEEP_ALIVE = Buffer.from('Connection: keep-alive\r\n');
const CHUNKED = Buffer.from('Transfer-Encoding: chunked\r\n');
const UPGRADE = Buffer.from('Connection: upgrade\r\nUpgrade: ');

/** An interim answer of our own. */
export const CONTINUE: Buffer = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n');

/** How the body of an answer is delimited for the client. */
export type AnswerFraming = 'none' | 'length' | 'chunked' | 'until-close';

/** A length stays a length; what has none is chunked for HTTP/1.1 and ends with the connection for HTTP/1.0. */
export function framingFor(head: AnswerHead, clientVersion: number): AnswerFraming {
  if (head.framing === 'none' || head.framing === 'length') return head.framing;
  return clientVersion === 11 ? 'chunked' : 'until-close';
}

/**
 * What the client is told about its connection: HTTP/1.1 stays open unless told otherwise, HTTP/1.0 the other way round.
 * An answer without Date gets one (RFC 9110, 6.6.1).
 */
export function writeAnswerHead(
  output: Output,
  head: AnswerHead,
  request: RequestHead,
  framing: AnswerFraming,
  close: boolean,
  extraLines: Buffer | undefined,
): void {
  writeHeadLines(output, head);
  if (!head.dated) output.all(dateLine());
  if (extraLines !== undefined) output.all(extraLines);
  if (framing === 'chunked') {
    output.all(CHUNKED);
    if (request.trailersAccepted) writeLines(output, head.bytes, head.trailerLines, TRAILER);
  }
  if (close) output.all(CLOSE);
  else if (request.version === 10) output.all(KEEP_ALIVE);
  output.all(LINE_END);
}

export function writeInformational(output: Output, head: AnswerHead): void {
  writeHeadLines(output, head);
  output.all(LINE_END);
}

/** 101: both sides are another protocol from the end of this head on. */
export function writeSwitch(output: Output, head: AnswerHead, extraLines: Buffer | undefined): void {
  writeHeadLines(output, head);
  if (extraLines !== undefined) output.all(extraLines);
  output.all(UPGRADE);
  output.bytes(head.bytes, head.upgradeStart, head.upgradeEnd);
  output.all(LINE_END);
  output.all(LINE_END);
}

function writeHeadLines(output: Output, head: AnswerHead): void {
  output.all(VERSION);
  if (head.bytes[head.runs[0]! + STATUS_DIGITS] !== SP) writeStatus(output, head);
  output.runs(head.bytes, head.runs, head.runCount);
}

/** RFC 9112, 4: a space stands behind the status even where no reason does. The first run goes on behind the digits. */
function writeStatus(output: Output, head: AnswerHead): void {
  output.text(`${head.status} `);
  head.runs[0]! += STATUS_DIGITS;
}

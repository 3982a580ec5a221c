import type { AnswerHead } from '../http1/answer-head.ts';
import { SP } from '../http1/byte-classes.ts';
import type { Output } from '../output.ts';

const STATUS_DIGITS = 3;
const VERSION = Buffer.from('HTTP/1.1 ');
const LINE_END = Buffer.from('\r\n');
const CLOSE = Buffer.from('Connection: close\r\n');
const KEEP_ALIVE = Buffer.from('Connection: keep-alive\r\n');
const CHUNKED = Buffer.from('Transfer-Encoding: chunked\r\n');
const UPGRADE = Buffer.from('Connection: upgrade\r\nUpgrade: ');

/** How the body of an answer is delimited for the client. */
export type AnswerFraming = 'none' | 'length' | 'chunked' | 'until-close';

/** A length stays a length; what has none is chunked for HTTP/1.1 and ends with the connection for HTTP/1.0. */
export function framingFor(head: AnswerHead, clientVersion: number): AnswerFraming {
  if (head.framing === 'none' || head.framing === 'length') return head.framing;
  return clientVersion === 11 ? 'chunked' : 'until-close';
}

/** What the client is told about its connection: HTTP/1.1 stays open unless told otherwise, HTTP/1.0 the other way round. */
export function writeAnswerHead(
  output: Output,
  head: AnswerHead,
  framing: AnswerFraming,
  close: boolean,
  clientVersion: number,
  extraLines: Buffer | undefined,
): void {
  writeLines(output, head);
  if (extraLines !== undefined) output.all(extraLines);
  if (framing === 'chunked') output.all(CHUNKED);
  if (close) output.all(CLOSE);
  else if (clientVersion === 10) output.all(KEEP_ALIVE);
  output.all(LINE_END);
}

export function writeInformational(output: Output, head: AnswerHead): void {
  writeLines(output, head);
  output.all(LINE_END);
}

/** 101: both sides are another protocol from the end of this head on. */
export function writeSwitch(output: Output, head: AnswerHead): void {
  writeLines(output, head);
  output.all(UPGRADE);
  output.bytes(head.bytes, head.upgradeStart, head.upgradeEnd);
  output.all(LINE_END);
  output.all(LINE_END);
}

function writeLines(output: Output, head: AnswerHead): void {
  output.all(VERSION);
  if (head.bytes[head.runs[0]! + STATUS_DIGITS] !== SP) writeStatus(output, head);
  output.runs(head.bytes, head.runs, head.runCount);
}

/** RFC 9112, 4: a space stands behind the status even where no reason does. The first run goes on behind the digits. */
function writeStatus(output: Output, head: AnswerHead): void {
  output.text(`${head.status} `);
  head.runs[0]! += STATUS_DIGITS;
}

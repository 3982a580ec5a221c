import { COLON, TOKEN } from '../http1/byte-classes.ts';
import { trimmedEnd } from '../http1/list-values.ts';
import { firstLine, nextLine } from '../http1/noted-lines.ts';
import { isWord, skipSpace } from '../http1/reading.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { Output } from '../output.ts';
import type { ClientFacts } from '../seam.ts';
import { clientAddress, type TrustedProxies } from './client-address.ts';

const LINE_END = Buffer.from('\r\n');
const COMMA = Buffer.from(', ');
const QUOTE = Buffer.from('"');
const FOR_NAME = Buffer.from('X-Forwarded-For: ');
const HOST_NAME = Buffer.from('X-Forwarded-Host: ');
const PORT_NAME = Buffer.from('X-Forwarded-Port: ');
const REAL_IP_NAME = Buffer.from('X-Real-IP: ');
const PROTO_LINE = Buffer.from('X-Forwarded-Proto: http\r\n');
const FORWARDED_NAME = Buffer.from('Forwarded: ');

/** What a line says about who is behind a proxy; bits, so that several are a set. */
const FOR = 1;
const PROTO = 2;
const HOST = 4;
const PORT = 8;
const REAL_IP = 16;
const FORWARDED = 32;
/** Any other X-Forwarded-*. */
const OTHER = 64;

const words: readonly Buffer[] = [
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-real-ip',
  'forwarded',
].map((name) => Buffer.from(name));
const prefix = Buffer.from('x-forwarded-');
const UNDERSCORE = 0x5f;

/** 0 for what nobody's word makes go on: other names, and those that become one of ours where `_` counts as `-`. */
function fieldOf(bytes: Uint8Array, start: number, end: number): number {
  for (let k = 0; k < words.length; k++) if (isWord(bytes, start, end, words[k] as Buffer)) return 1 << k;
  if (end - start <= prefix.length || !isWord(bytes, start, start + prefix.length, prefix)) return 0;
  for (let i = start; i < end; i++) if (bytes[i] === UNDERSCORE) return 0;
  return OTHER;
}

/**
 * What a trusted proxy has said goes on: its X-Forwarded-For with its own address behind it, other lines as they stand,
 * and those of ours that it has left out. `keepForwarded`: nobody adds to Forwarded, so it goes on as well.
 */
export function addForwardedLines(
  output: Output,
  head: RequestHead,
  client: ClientFacts,
  trusted: TrustedProxies,
  keepForwarded: boolean,
): void {
  const seen = copyLines(output, head, PROTO | HOST | PORT | REAL_IP | OTHER | (keepForwarded ? FORWARDED : 0));
  output.all(FOR_NAME);
  copyValues(output, head, FOR);
  output.text(client.address);
  output.all(LINE_END);
  if (!(seen & PROTO)) output.all(PROTO_LINE);
  if (!(seen & HOST)) writeForwardedHost(output, head);
  if (!(seen & PORT)) writeLine(output, PORT_NAME, String(client.localPort));
  if (!(seen & REAL_IP)) writeLine(output, REAL_IP_NAME, clientAddress(head, client, trusted));
}

/** Nothing for a request of HTTP/1.0 without Host. */
export function writeForwardedHost(output: Output, head: RequestHead): void {
  if (head.authorityEnd === head.authorityStart) return;
  output.all(HOST_NAME);
  output.bytes(head.authority, head.authorityStart, head.authorityEnd);
  output.all(LINE_END);
}

/** RFC 7239: an element of ours, behind those of a proxy that is believed. */
export function writeForwarded(output: Output, head: RequestHead, client: ClientFacts, believed: boolean): void {
  output.all(FORWARDED_NAME);
  if (believed) copyValues(output, head, FORWARDED);
  output.text(
    client.address.includes(':') ? `for="[${client.address}]";proto=http` : `for=${client.address};proto=http`,
  );
  if (head.authorityEnd > head.authorityStart) writeHostPair(output, head);
  output.all(LINE_END);
}

function writeHostPair(output: Output, head: RequestHead): void {
  const { authority, authorityStart, authorityEnd } = head;
  let tokenEnd = authorityStart;
  while (tokenEnd < authorityEnd && TOKEN[authority[tokenEnd] as number]) tokenEnd++;
  const quoted = tokenEnd < authorityEnd;
  output.text(';host=');
  if (quoted) output.all(QUOTE);
  output.bytes(authority, authorityStart, authorityEnd);
  if (quoted) output.all(QUOTE);
}

function writeLine(output: Output, name: Buffer, value: string): void {
  output.all(name);
  output.text(value);
  output.all(LINE_END);
}

/** Copies the lines of these fields as they stand; returns the fields that there are. */
function copyLines(output: Output, { bytes, forwardedLines }: RequestHead, fields: number): number {
  let seen = 0;
  for (let line = firstLine(bytes, forwardedLines); line < forwardedLines.end; line = nextLine(bytes, line)) {
    const field = fieldOf(bytes, line, bytes.indexOf(COLON, line));
    if (field & fields) output.bytes(bytes, line, nextLine(bytes, line));
    seen |= field;
  }
  return seen;
}

/** Copies what the lines of this field say, each with a comma behind it: they are one list (RFC 9110, 5.3). */
function copyValues(output: Output, { bytes, forwardedLines }: RequestHead, wanted: number): void {
  for (let line = firstLine(bytes, forwardedLines); line < forwardedLines.end; line = nextLine(bytes, line)) {
    const colon = bytes.indexOf(COLON, line);
    if (fieldOf(bytes, line, colon) !== wanted) continue;
    const lineEnd = nextLine(bytes, line) - LINE_END.length;
    const start = skipSpace(bytes, colon + 1, lineEnd);
    const end = trimmedEnd(bytes, start, lineEnd);
    if (end === start) continue;
    output.bytes(bytes, start, end);
    output.all(COMMA);
  }
}

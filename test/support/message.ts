import type { ByteStream } from './byte-stream.ts';

/** The tests' own small and strict reader of HTTP/1.1 messages; nothing of it is shared with src. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

export interface MessageHead {
  readonly startLine: string;
  readonly headers: HeaderList;
  /** As it came, with its empty line. */
  readonly raw: string;
}

export interface Body {
  readonly bytes: Buffer;
  readonly framing: 'none' | 'length' | 'chunked' | 'until-close';
  readonly trailers: HeaderList;
}

const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;

export function parseHead(raw: string): MessageHead {
  const [startLine, ...lines] = raw.slice(0, -4).split('\r\n');
  return { startLine, headers: lines.map(parseHeaderLine), raw };
}

function parseHeaderLine(line: string): [string, string] {
  const match = HEADER_LINE.exec(line);
  if (match === null) throw new Error(`not a header line: ${JSON.stringify(line)}`);
  return [match[1], match[2]];
}

export const headersOf = (headers: HeaderList, name: string): string[] =>
  headers.filter(([one]) => one.toLowerCase() === name.toLowerCase()).map(([, value]) => value);

/** The only value, or undefined; two lines of one name are an error. */
export function headerOf(headers: HeaderList, name: string): string | undefined {
  const values = headersOf(headers, name);
  if (values.length > 1) throw new Error(`${name} stands there ${values.length} times`);
  return values[0];
}

/** What the headers say of the body; `otherwise` where they say nothing. */
export function framingOf(headers: HeaderList, otherwise: Body['framing']): [Body['framing'], number] {
  const coding = headerOf(headers, 'transfer-encoding');
  const length = headerOf(headers, 'content-length');
  if (coding !== undefined && length !== undefined) throw new Error('both Content-Length and Transfer-Encoding');
  if (coding !== undefined && coding !== 'chunked') throw new Error(`Transfer-Encoding: ${coding}`);
  if (coding !== undefined) return ['chunked', 0];
  if (length === undefined) return [otherwise, 0];
  if (!/^\d+$/.test(length)) throw new Error(`Content-Length: ${length}`);
  return ['length', Number(length)];
}

export async function readBody(stream: ByteStream, headers: HeaderList, otherwise: Body['framing']): Promise<Body> {
  const [framing, length] = framingOf(headers, otherwise);
  if (framing === 'chunked') return readChunked(stream);
  const bytes =
    framing === 'length' ? await stream.exactly(length) : framing === 'none' ? Buffer.alloc(0) : await stream.toEnd();
  return { bytes, framing, trailers: [] };
}

async function readChunked(stream: ByteStream): Promise<Body> {
  const pieces: Buffer[] = [];
  for (;;) {
    const line = await stream.line();
    if (!/^[0-9a-fA-F]+$/.test(line)) throw new Error(`not a chunk size: ${JSON.stringify(line)}`);
    const size = Number.parseInt(line, 16);
    if (size === 0) break;
    pieces.push(await stream.exactly(size));
    if ((await stream.line()) !== '') throw new Error('a chunk is longer than its size');
  }
  const trailers: [string, string][] = [];
  for (let line = await stream.line(); line !== ''; line = await stream.line()) trailers.push(parseHeaderLine(line));
  return { bytes: Buffer.concat(pieces), framing: 'chunked', trailers };
}

import { type Body, framingOf, type HeaderList, headersOf, parseHead } from './message.ts';

/** A request as its bytes said it, Latin-1. */
export interface RecordedRequest {
  /** `GET / HTTP/1.1` */
  readonly line: string;
  /** The header lines as they came. */
  readonly lines: readonly string[];
  readonly headers: HeaderList;
  readonly framing: Body['framing'];
  /** Set when the request is whole. */
  body: string | undefined;
  trailers: readonly string[];
}

export interface RequestTaker {
  /** The head is there; the body may not be. */
  head(request: RecordedRequest): void;
  whole(request: RecordedRequest): void;
}

const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~]+ HTTP\/1\.[01]$/;
const CHUNK_LINE = /^[0-9A-Fa-f]{1,14}$/;
const HEADER_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/;

/** The requests that the bytes of one connection hold; strict, and synchronous, so that two readers can share one stream. */
export class RequestRecorder {
  /** What was read and belongs to no whole request yet. */
  held = '';
  readonly #taker: RequestTaker;
  #open: RecordedRequest | undefined;

  constructor(taker: RequestTaker) {
    this.#taker = taker;
  }

  /** Throws at what is no request. */
  feed(text: string): void {
    this.held += text;
    for (;;) {
      this.#open ??= this.#takeHead();
      if (this.#open === undefined) return;
      const end = this.#readBody(this.#open);
      if (end < 0) return;
      const request = this.#open;
      this.held = this.held.slice(end);
      this.#open = undefined;
      this.#taker.whole(request);
    }
  }

  #takeHead(): RecordedRequest | undefined {
    const end = this.held.indexOf('\r\n\r\n') + 4;
    if (end < 4) return undefined;
    const raw = this.held.slice(0, end);
    const { startLine: line, headers } = parseHead(raw);
    if (!REQUEST_LINE.test(line)) throw new Error(`not a request line: ${JSON.stringify(line)}`);
    const [framing] = framingOf(headers, 'none');
    const request = {
      line,
      lines: raw.slice(0, -4).split('\r\n').slice(1),
      headers,
      framing,
      body: undefined,
      trailers: [],
    };
    this.held = this.held.slice(end);
    this.#taker.head(request);
    return request;
  }

  /** Where the body ends in `held`, or -1. */
  #readBody(request: RecordedRequest): number {
    if (request.framing === 'chunked') return this.#readChunks(request);
    const size = Number(headersOf(request.headers, 'content-length')[0] ?? 0);
    if (this.held.length < size) return -1;
    request.body = this.held.slice(0, size);
    return size;
  }

  #readChunks(request: RecordedRequest): number {
    const { held } = this;
    let body = '';
    for (let at = 0; ; ) {
      const lineEnd = held.indexOf('\r\n', at);
      if (lineEnd < 0) return -1;
      const line = held.slice(at, lineEnd);
      if (!CHUNK_LINE.test(line)) throw new Error(`not a chunk size: ${JSON.stringify(line)}`);
      const size = Number.parseInt(line, 16);
      const dataEnd = lineEnd + 2 + size;
      if (size === 0) {
        const end = held.indexOf('\r\n\r\n', lineEnd);
        if (end < 0) return -1;
        request.trailers = end === lineEnd ? [] : held.slice(lineEnd + 2, end).split('\r\n');
        for (const trailer of request.trailers) {
          if (!HEADER_LINE.test(trailer)) throw new Error(`not a trailer: ${JSON.stringify(trailer)}`);
        }
        request.body = body;
        return end + 4;
      }
      if (held.length < dataEnd + 2) return -1;
      if (held.slice(dataEnd, dataEnd + 2) !== '\r\n') throw new Error('a chunk is longer than its size');
      body += held.slice(lineEnd + 2, dataEnd);
      at = dataEnd + 2;
    }
  }
}

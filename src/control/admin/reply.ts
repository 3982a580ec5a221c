import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What an admin page answers; a body of many pieces is made while it is sent. */
export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Iterable<string>;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const PIECE_LENGTH = 65_536;

export const textReply = (status: number, text: string): Reply => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${text}\n`,
});

export const jsonReply = (status: number, value: unknown): Reply => ({
  status,
  type: JSON_TYPE,
  body: `${JSON.stringify(value, null, 2)}\n`,
});

export const errorReply = (status: number, message: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  ...jsonReply(status, { status, message }),
  headers,
});

/** `{ ...head, [name]: [...items] }`, one item a line, made piece by piece. */
export const listReply = (head: object, name: string, items: Iterable<unknown>): Reply => ({
  status: 200,
  type: JSON_TYPE,
  body: listPieces(head, name, items),
});

function* listPieces(head: object, name: string, items: Iterable<unknown>): Generator<string> {
  const start = Object.entries(head).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}, `);
  let piece = `{${start.join('')}${JSON.stringify(name)}: [`;
  let separator = '\n';
  for (const item of items) {
    piece += separator + JSON.stringify(item);
    separator = ',\n';
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}\n]}\n`;
}

/** Resolves when the answer is out or its reader has gone. */
export async function send(reply: Reply, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, type, body, headers } = reply;
  const whole = typeof body === 'string' ? { 'content-length': Buffer.byteLength(body) } : {};
  const ours = { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  response.writeHead(status, { ...ours, ...whole, ...headers });
  if (typeof body === 'string' || request.method === 'HEAD') {
    response.end(typeof body === 'string' ? body : undefined);
    return;
  }
  await pipeline(Readable.from(body), response).catch(() => {}); // the reader left: nobody to tell
}

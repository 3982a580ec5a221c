import { expect, test } from 'vitest';
import { CHUNK_END, chunkSizeLine, writeLastChunk } from '../../../../src/data/http1/chunk-lines.ts';
import { ChunkedBody } from '../../../../src/data/http1/chunked-body.ts';

/** A chunked body of these pieces, as we write it. */
function written(pieces: readonly string[], trailers = ''): Buffer {
  const parts: Buffer[] = pieces.flatMap((piece) => [
    Buffer.from(chunkSizeLine(piece.length)),
    Buffer.from(piece),
    CHUNK_END,
  ]);
  writeLastChunk({ all: (bytes) => parts.push(bytes) }, Buffer.from(trailers));
  return Buffer.concat(parts);
}

test.each([
  [[], '', '0\r\n\r\n'],
  [['hello'], '', '5\r\nhello\r\n0\r\n\r\n'],
  [['0123456789abcdef', '!'], '', '10\r\n0123456789abcdef\r\n1\r\n!\r\n0\r\n\r\n'],
  [['a'], 'X-Sum: 1\r\nb:\r\n', '1\r\na\r\n0\r\nX-Sum: 1\r\nb:\r\n\r\n'],
])('%j with trailers %j', (pieces, trailers, expected) => {
  const bytes = written(pieces, trailers);
  expect(bytes.toString()).toBe(expected);
  const body = new ChunkedBody();
  body.reset(true);
  let data = '';
  for (let i = 0; body.state === 'reading'; ) {
    i = body.step(bytes, i, bytes.length);
    data += bytes.toString('latin1', body.dataStart, body.dataEnd);
  }
  expect([body.state, data, body.trailers.toString()]).toEqual(['done', pieces.join(''), trailers]);
});

import { expect, test } from 'vitest';
import { RequestBody } from '../../../../src/data/http1/request-body.ts';
import { RequestHead } from '../../../../src/data/http1/request-head.ts';

function headOf(framing: number | 'chunked'): RequestHead {
  const head = new RequestHead();
  head.body = framing === 'chunked' ? 'chunked' : 'length';
  head.contentLength = framing === 'chunked' ? 0 : framing;
  return head;
}

/** Reads `text` in pieces of `size` bytes: the data, and how much of the text was the body. */
function read(body: RequestBody, text: string, size = text.length): { state: string; data: string; size: number } {
  let data = '';
  let at = 0;
  while (at < text.length && body.state === 'reading') {
    const bytes = Buffer.from(`??${text.slice(at, at + size)}??`);
    let i = 2;
    while (i < bytes.length - 2 && body.state === 'reading') {
      i = body.step(bytes, i, bytes.length - 2);
      data += bytes.toString('latin1', body.dataStart, body.dataEnd);
    }
    at += i - 2;
  }
  return { state: body.state, data, size: at };
}

test('a length is read to its end, and no further, however it is cut', () => {
  const body = new RequestBody();
  for (let size = 1; size < 12; size++) {
    body.begin(headOf(5), 0);
    expect(body.left).toBe(5);
    expect(read(body, 'helloGET /', size)).toEqual({ state: 'done', data: 'hello', size: 5 });
    expect(body.left).toBe(0);
  }
});

test('what is still to come is known of a length, and not in chunks', () => {
  const body = new RequestBody();
  body.begin(headOf(5), 0);
  expect(read(body, 'he')).toEqual({ state: 'reading', data: 'he', size: 2 });
  expect(body.left).toBe(3);
  body.begin(headOf('chunked'), 0);
  expect(body.left).toBe(Number.POSITIVE_INFINITY);
});

test('chunks are read to their end, however they are cut', () => {
  const body = new RequestBody();
  const text = '5\r\nhello\r\n1\r\n!\r\n0\r\nA: 1\r\n\r\n';
  for (let size = 1; size <= text.length; size++) {
    body.begin(headOf('chunked'), 0);
    expect(read(body, `${text}GET /`, size)).toEqual({ state: 'done', data: 'hello!', size: text.length });
    expect(body.trailers.toString()).toBe('A: 1\r\n');
  }
});

test('a length that follows chunks has not their trailers', () => {
  const body = new RequestBody();
  body.begin(headOf('chunked'), 0);
  read(body, '0\r\nA: 1\r\n\r\n');
  body.begin(headOf(1), 0);
  read(body, 'x');
  expect(body.trailers).toHaveLength(0);
});

test('chunks with more data than the limit are told so', () => {
  const body = new RequestBody();
  body.begin(headOf('chunked'), 5);
  expect(read(body, '5\r\nhello\r\n0\r\n\r\n').state).toBe('done');
  body.begin(headOf('chunked'), 5);
  expect(read(body, '5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n')).toMatchObject({ state: 'too-large', data: 'hello!' });
  body.begin(headOf('chunked'), 5);
  expect(read(body, '3\r\nabc\r\n0\r\n\r\n').state).toBe('done');
});

test('malformed chunks are told so', () => {
  const body = new RequestBody();
  body.begin(headOf('chunked'), 0);
  expect(read(body, '5\r\nhelloX')).toEqual({ state: 'malformed', data: 'hello', size: 8 });
});

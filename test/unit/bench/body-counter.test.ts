import { expect, test } from 'vitest';
import { BodyCounter } from '../../../bench/body-counter.ts';

const expected = Buffer.from('komainu komainu ');

/** What the counter says of bytes that come in pieces of `size`. */
function countedOf(text: string, size: number): { path: string; isExact: boolean }[] {
  const found: { path: string; isExact: boolean }[] = [];
  const counter = new BodyCounter(expected, (head, isExact) =>
    found.push({ path: head.split(' ')[1] as string, isExact }),
  );
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) counter.take(bytes.subarray(at, at + size));
  return found;
}

const post = (path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const conversation = [
  post('/first', 'komainu komainu '),
  'GET /look HTTP/1.1\r\nHost: a\r\n\r\n',
  post('/other-bytes', 'komainu komainX '),
  post('/too-short', 'komainu '),
  post('/too-long', 'komainu komainu komainu '),
  post('/last', 'komainu komainu ').replace('Content-Length', 'content-length'),
].join('');

test('only a body that is the expected one byte for byte counts, however the bytes are split', () => {
  const exact = ['/first', '/last'];
  for (let size = 1; size <= conversation.length; size++) {
    const found = countedOf(conversation, size);
    expect(found.map(({ path }) => path)).toEqual([
      '/first',
      '/look',
      '/other-bytes',
      '/too-short',
      '/too-long',
      '/last',
    ]);
    expect(found.filter(({ isExact }) => isExact).map(({ path }) => path)).toEqual(exact);
  }
});

test('a request whose last byte is missing is not told', () => {
  expect(countedOf(post('/cut', 'komainu komainu ').slice(0, -1), 7)).toEqual([]);
});

import { expect, test } from 'vitest';
import { holds } from '../../../../src/data/http1/noted-lines.ts';
import { RequestHead, readRequestHead } from '../../../../src/data/http1/request-head.ts';
import { usualLimits } from './reading-heads.ts';

function viaHolds(lines: readonly string[], word: string): boolean {
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`);
  const head = new RequestHead();
  expect(readRequestHead(head, bytes, 0, bytes.length, usualLimits)).toBe(bytes.length);
  return holds(bytes, head.viaLines, Buffer.from(word));
}

test('a word is found in the lines that were noted, and where none was noted nothing is', () => {
  expect(viaHolds(['Via: 1.1 me'], 'me')).toBe(true);
  expect(viaHolds(['A: 1', 'Via: 1.0 you', 'B: 2', 'via: 1.1 me', 'C: 3'], '1.1 me')).toBe(true);
  expect(viaHolds(['Via: 1.1 you'], 'me')).toBe(false);
  expect(viaHolds(['A: me'], 'me')).toBe(false);
  expect(viaHolds(['A: me', 'Via: 1.1 you', 'B: me'], 'me')).toBe(false);
});

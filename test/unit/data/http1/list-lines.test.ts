import { expect, test } from 'vitest';
import { listOf } from '../../../../src/data/http1/list-lines.ts';
import { RequestHead, readRequestHead } from '../../../../src/data/http1/request-head.ts';
import { amid, surroundings, usualLimits } from './reading-heads.ts';

const accept = Buffer.from('accept');

function found(lines: readonly string[], limitBytes = 100): string {
  const text = `GET / HTTP/1.1\r\n${['Host: a', ...lines].map((line) => `${line}\r\n`).join('')}\r\n`;
  for (const around of surroundings) {
    const { bytes, start, end } = amid(text, around);
    const head = new RequestHead();
    expect(readRequestHead(head, bytes, start, end, usualLimits)).toBe(end);
    if (around === surroundings.at(-1)) return listOf(head, accept, limitBytes);
  }
  return '';
}

test('lines of one name are one list, in any letter case, wherever they stand', () => {
  expect(found([])).toBe('');
  expect(found(['A: 1', 'B: 2'])).toBe('');
  expect(found(['Accept: a/b'])).toBe(' a/b');
  expect(found(['accept:a/b', 'X: 1', 'Connection: close', 'ACCEPT: c/d;q=0.5 '])).toBe('a/b, c/d;q=0.5 ');
  expect(found(['A: 1', 'Accept:'])).toBe('');
});

test('other names that begin or end so are not taken', () => {
  expect(found(['Accept-Encoding: gzip', 'X-Accept: a', 'Accep: t', 'A: accept:'])).toBe('');
});

test('what does not go on is not there', () => {
  expect(found(['Connection: accept', 'Accept: a/b'])).toBe('');
});

test('of each line no more is taken than asked for', () => {
  expect(found([`Accept: ${'x'.repeat(200)}`, 'Accept: y'], 4)).toBe(' xxx, y');
});

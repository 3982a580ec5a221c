import { expect, test } from 'vitest';
import { AnswerReader, type ReadResult } from '../../../bench/answer-reader.ts';

const ok = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nETag: "x"\r\n\r\n${body}`;
const answers = [ok('komainu'), ok(''), ok('a').replace('200 OK', '503 Service Unavailable'), ok('b'.repeat(30))];

test('each answer is told when its last byte has come, however the bytes are split', () => {
  const longest = Math.max(...answers.map(({ length }) => length));
  for (let size = 1; size <= longest; size++) {
    const reader = new AnswerReader();
    const shared = Buffer.alloc(longest);
    for (const [index, answer] of answers.entries()) {
      const results: ReadResult[] = [];
      for (let at = 0; at < answer.length; at += size) {
        const count = shared.write(answer.slice(at, at + size), 'latin1');
        results.push(reader.take(shared, count));
      }
      expect(results.pop()).toBe(index === 2 ? 'refused' : 'answered');
      expect(results.every((result) => result === 'unfinished')).toBe(true);
    }
  }
});

test('an answer without a length cannot be read', () => {
  const bytes = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  expect(() => new AnswerReader().take(bytes, bytes.length)).toThrow('without Content-Length');
});

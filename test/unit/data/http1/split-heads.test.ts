import { describe, expect, test } from 'vitest';
import { AnswerHead, readAnswerHead } from '../../../../src/data/http1/answer-head.ts';
import { ChunkedBody } from '../../../../src/data/http1/chunked-body.ts';
import { INCOMPLETE, RequestHead, readRequestHead } from '../../../../src/data/http1/request-head.ts';
import { seededDice, validAnswer, validChunked, validRequest } from './head-corpus.ts';
import { plainAnswer, plainRequest } from './plain-judges.ts';
import { amid, judgeAnswer, judgeRequest, surroundings, usualLimits } from './reading-heads.ts';

const dice = seededDice(9112);
const requests = Array.from({ length: 100 }, () => validRequest(dice));
const answers = Array.from({ length: 100 }, () => validAnswer(dice));

describe('100 valid requests, split at every byte, are read as the plain judge reads them', () => {
  test.each(requests.map((text, k) => [k, text] as const))('request %i', (_, text) => {
    const expected = plainRequest(text);
    expect(expected, 'the plain judge knows it').toMatchObject({ outcome: 'accepted', size: text.length });
    for (let size = 0; size < text.length; size++) {
      const around = surroundings[size % surroundings.length]!;
      expect(judgeRequest(text.slice(0, size), { around }).outcome, text.slice(0, size)).toBe('incomplete');
      expect(judgeRequest(text, { around })).toEqual(expected);
    }
  });
});

describe('100 valid answers, split at every byte, are read as the plain judge reads them', () => {
  test.each(answers.map((text, k) => [k, text] as const))('answer %i', (k, text) => {
    const headRequest = k % 5 === 0;
    const expected = plainAnswer(text, headRequest);
    expect(expected, 'the plain judge knows it').toMatchObject({ outcome: 'accepted', size: text.length });
    for (let size = 0; size < text.length; size++) {
      const around = surroundings[size % surroundings.length]!;
      expect(judgeAnswer(text.slice(0, size), { around, headRequest }).outcome, text.slice(0, size)).toBe('incomplete');
      expect(judgeAnswer(text, { around, headRequest })).toEqual(expected);
    }
  });
});

/** A buffer that throws when a byte outside [start, end) is asked for. */
function guarded(bytes: Buffer, start: number, end: number): Buffer {
  return new Proxy(bytes, {
    get(target, key) {
      const index = typeof key === 'string' ? Number(key) : Number.NaN;
      if (index < start || index >= end) throw new RangeError(`byte ${index} of [${start}, ${end})`);
      const found: unknown = Reflect.get(target, key, target);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
}

describe('no byte outside the range is looked at', () => {
  /** Every length of `text` from 0 on, each in a buffer of its own. */
  function forPrefixes(text: string, read: (bytes: Buffer, start: number, end: number) => void): void {
    for (let size = 0; size <= text.length; size++) {
      const { bytes, start, end } = amid(text.slice(0, size), surroundings[0]!);
      read(guarded(bytes, start, end), start, end);
    }
  }

  test('by the request reader', () => {
    const head = new RequestHead();
    for (const text of requests) {
      // A path that has to be rewritten is copied by native code, which takes no proxy.
      const plain = text.replace(/ \S+ HTTP/, ' /a/b%20.html?x=1 HTTP');
      forPrefixes(plain, (bytes, start, end) => {
        const result = readRequestHead(head, bytes, start, end, usualLimits);
        expect(result).toBe(end - start === plain.length ? end : INCOMPLETE);
      });
    }
  });

  test('by the answer reader', () => {
    const head = new AnswerHead();
    for (const text of answers) {
      forPrefixes(text, (bytes, start, end) => {
        const result = readAnswerHead(head, bytes, start, end, usualLimits, false);
        expect(result).toBe(end - start === text.length ? end : INCOMPLETE);
      });
    }
  });

  test('by the reader of chunked bodies', () => {
    const text = validChunked(seededDice(7));
    forPrefixes(text, (bytes, start, end) => {
      const body = new ChunkedBody();
      for (let i = start; i < end && body.state === 'reading'; ) i = body.step(bytes, i, end);
      expect(body.state).toBe(end - start === text.length ? 'done' : 'reading');
    });
  });
});

import { describe, expect, test } from 'vitest';
import { seededDice, validAnswer, validRequest } from './head-corpus.ts';
import { plainAnswer, plainRequest } from './plain-judges.ts';
import { judgeAnswer, judgeRequest, surroundings } from './reading-heads.ts';

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

import type { Dice } from '../../src/base/dice.ts';
import { judgeRequest } from '../unit/data/http1/reading-heads.ts';

/** Longer bodies are left out: what promises one is never whole. */
const BODY_LIMIT_BYTES = 1000;

/** `text` with a body behind each head that promises one, so that what is in order is whole as well. */
export function completed(text: string, dice: Dice, extension: () => string): string {
  let whole = '';
  let left = text;
  while (left !== '') {
    const { outcome, size = 0, body, contentLength = 0, keepAlive } = judgeRequest(left);
    if (outcome !== 'accepted' || contentLength > BODY_LIMIT_BYTES) return whole + left;
    whole += left.slice(0, size);
    left = left.slice(size);
    if (body === 'length') {
      whole += left.slice(0, contentLength).padEnd(contentLength, 'b');
      left = left.slice(contentLength);
    } else if (body === 'chunked') whole += chunks(dice, extension);
    if (!keepAlive) return whole + left;
  }
  return whole;
}

function chunks(dice: Dice, extension: () => string): string {
  const pieces = Array.from({ length: dice.below(4) }, () => 'GET / HTTP/1.1\r\n\r\n'.repeat(1 + dice.below(3)));
  const lines = pieces.map((piece) => `${piece.length.toString(16)}${extension()}\r\n${piece}\r\n`);
  return `${lines.join('')}0\r\n${dice.below(2) === 0 ? '' : 'X-Sum: 1\r\n'}\r\n`;
}

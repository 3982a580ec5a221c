import type { Dice } from '../../src/base/dice.ts';
import { mutated, oneOf } from '../unit/data/http1/head-corpus.ts';

/** What may stand where a line should end. */
const lineEnds = ['\n', '\r', '', '\r\r\n', '\n\r\n', '\r\n ', '\r\n\t', '\0\r\n', '\x0b\r\n'];

const names = [
  'Host',
  'Content-Length',
  'Transfer-Encoding',
  'Connection',
  'Keep-Alive',
  'Upgrade',
  'TE',
  'Trailer',
  'Expect',
  'Proxy-Connection',
  'X-Forwarded-For',
  'x_real_ip',
  'Content_Length',
  'Via',
  'Date',
  'Forwarded',
];

const values = [
  '',
  ' ',
  'a.test',
  'b.test:80',
  '[::1]',
  '0',
  '5',
  '05',
  '+5',
  '5, 5',
  '0x5',
  '9007199254740991',
  '9007199254740992',
  'chunked',
  'Chunked ',
  'chunked, chunked',
  'gzip, chunked',
  'identity',
  'close',
  'keep-alive',
  'upgrade',
  'close, te, host',
  'websocket',
  'h2c',
  'websocket, TLS/1.0',
  'trailers',
  'trailers;q=0.5, deflate',
  '100-continue',
  '200-ok',
  'timeout=5',
  'timeout=1, max=3',
  '1.1 someone',
  'X-Sum',
  '192.0.2.1, 10.0.0.1',
];

/** Whole lines are what heads are made of: they double, go, change places, take over each other's values. */
const moves: readonly ((dice: Dice, lines: string[], at: number, other: readonly string[]) => void)[] = [
  (dice, lines, at) => lines.splice(dice.below(lines.length), 0, lines[at]!),
  (_, lines, at) => lines.splice(at, 1),
  (dice, lines, at) => lines.push(...lines.splice(dice.below(lines.length), 1, lines[at]!)),
  (dice, lines, at, other) => lines.splice(at, 0, oneOf(dice, other)),
  (dice, lines, at) => lines.splice(at, 0, `${oneOf(dice, names)}:${oneOf(dice, ['', ' '])}${oneOf(dice, values)}`),
  (dice, lines, at) =>
    lines.splice(
      at,
      1,
      lines[at]!.replace(/:.*$/, () => `:${oneOf(dice, values)}`),
    ),
  (dice, lines, at) =>
    lines.splice(
      at,
      1,
      lines[at]!.replace(/^[^:]*/, () => oneOf(dice, names)),
    ),
  (dice, lines, at) => lines.splice(at, 1, `${lines[at]}${oneOf(dice, [',', ', ', ';', ' '])}${oneOf(dice, values)}`),
  (dice, lines, at) => lines.splice(at, 1, lines[at]!.replace(':', oneOf(dice, [' :', '\t:', '::', '', ' ', '=']))),
  (_, lines, at) => lines.splice(at, 1, lines[at]!.toUpperCase()),
  (dice, lines, at) =>
    lines.splice(at, 0, ...Array.from({ length: dice.below(dice.below(8) === 0 ? 110 : 3) }, (_, k) => `A${k}: ${k}`)),
  (dice, lines, at) => lines.splice(at, 1, lines[at]! + 'x'.repeat(dice.below(dice.below(8) === 0 ? 600 : 4))),
];

/** A head with one to three changes to its lines; one in four also ends a line in another way. */
export function lineMutated(dice: Dice, text: string, other: string): string {
  const lines = text.split('\r\n');
  for (let count = 1 + dice.below(3); count > 0 && lines.length > 0; count--) {
    oneOf(dice, moves)(dice, lines, dice.below(lines.length), other.split('\r\n'));
  }
  const whole = lines.join('\r\n');
  if (dice.below(4) > 0) return whole;
  const at = whole.indexOf('\r\n', dice.below(whole.length + 1));
  return at < 0 ? whole : whole.slice(0, at) + oneOf(dice, lineEnds) + whole.slice(at + 2);
}

/** Wounds among the bytes, or among the lines, or both. */
export function wounded(dice: Dice, text: string, other: string): string {
  const kind = dice.below(5);
  if (kind < 2) return mutated(dice, text, other);
  const lined = lineMutated(dice, text, other);
  return kind < 4 ? lined : mutated(dice, lined, other);
}

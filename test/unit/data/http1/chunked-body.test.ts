import { describe, expect, test } from 'vitest';
import { ChunkedBody } from '../../../../src/data/http1/chunked-body.ts';
import { amid, surroundings } from './reading-heads.ts';

interface Read {
  readonly state: string;
  readonly data: string;
  /** Bytes of the body's framing and data. */
  readonly size: number;
}

/** Reads `text` in pieces that end at `cuts`, each in a buffer of its own, as a connection would. */
function read(text: string, cuts: readonly number[] = [], body = new ChunkedBody()): Read {
  let data = '';
  let size = 0;
  let from = 0;
  for (const to of [...cuts, text.length]) {
    const { bytes, start, end } = amid(text.slice(from, to), surroundings[from % surroundings.length]!);
    let i = start;
    while (i < end && body.state === 'reading') {
      const next = body.step(bytes, i, end);
      expect(next > i || body.state !== 'reading', 'a step moves on').toBe(true);
      expect(body.dataStart >= i && body.dataEnd <= next, 'data lies in what was read').toBe(true);
      data += bytes.toString('latin1', body.dataStart, body.dataEnd);
      i = next;
    }
    size = from + i - start;
    if (body.state !== 'reading') break;
    from = to;
  }
  return { state: body.state, data, size };
}

/** Every place to cut; of long texts every place near both ends. */
const cutsOf = (text: string) =>
  [...text, ''].map((_, cut) => cut).filter((cut) => cut < 200 || cut > text.length - 200);

const trailerLines = (count: number) => Array.from({ length: count }, (_, k) => `t${k}: ${k}\r\n`).join('');

const accepted: [behaviour: string, text: string, data: string][] = [
  ['no data', '0\r\n\r\n', ''],
  ['one chunk', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['several chunks', '5\r\nhello\r\n1\r\n,\r\n6\r\n world\r\n0\r\n\r\n', 'hello, world'],
  [
    'sizes in hex of either case',
    `a\r\n0123456789\r\nB\r\n0123456789a\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n`,
    '01234567890123456789a0123456789abcdef',
  ],
  ['leading zeros', '0000000000000005\r\nhello\r\n0000\r\n\r\n', 'hello'],
  ['framing bytes as data', '7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n', '\r\n0\r\n\r\n'],
  ['extensions', '5;a=b\r\nhello\r\n1;\r\n!\r\n0;x="y z";\t\xe9\r\n\r\n', 'hello!'],
  ['the longest extension', `1;${'x'.repeat(512)}\r\n!\r\n1;${'x'.repeat(512)}\r\n!\r\n0\r\n\r\n`, '!!'],
  ['trailers', '1\r\n!\r\n0\r\nA: 1\r\nb:\r\nc: \t\xe9 \r\n\r\n', '!'],
  ['as many trailer lines as allowed', `0\r\n${trailerLines(100)}\r\n`, ''],
  ['trailers of the largest size', `0\r\na:${'x'.repeat(8192 - 6)}\r\n\r\n`, ''],
];

describe('a chunked body is read', () => {
  for (const [behaviour, text, data] of accepted) {
    test(behaviour, () => {
      const expected = { state: 'done', data, size: text.length };
      expect(read(text)).toEqual(expected);
      expect(read(`${text}GET / HTTP/1.1`), 'what comes behind it is not touched').toEqual(expected);
      for (const cut of cutsOf(text)) expect(read(text, [cut]), `cut at ${cut}`).toEqual(expected);
      expect(
        read(
          text,
          [...text].map((_, k) => k),
        ),
      ).toEqual(expected);
    });
  }

  test('pieces of data come without a copy, each at most once', () => {
    const body = new ChunkedBody();
    const bytes = Buffer.from('5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n');
    const pieces: string[] = [];
    for (let i = 0; body.state === 'reading'; ) {
      i = body.step(bytes, i, bytes.length);
      pieces.push(bytes.toString('latin1', body.dataStart, body.dataEnd));
    }
    expect(pieces).toEqual(['hello', 'you', '']);
  });

  test('a size of 2^53 − 1 is only a number', () => {
    const body = new ChunkedBody();
    expect(read('1fffffffffffff\r\nabc', [], body)).toEqual({ state: 'reading', data: 'abc', size: 19 });
  });

  test('after reset the next body is read with the same object', () => {
    const body = new ChunkedBody();
    expect(read('5\r\nhel', [], body).state).toBe('reading');
    body.reset();
    expect(read('x', [], body).state).toBe('malformed');
    body.reset();
    expect(read(`0\r\n${trailerLines(99)}a`, [], body).state).toBe('reading');
    body.reset();
    expect(read(`0\r\n${trailerLines(100)}\r\n`, [], body).state).toBe('done');
    body.reset();
    expect(read('5\r\nhello\r\n0\r\n\r\n', [], body)).toEqual({ state: 'done', data: 'hello', size: 15 });
  });

  test('nothing is read after the end', () => {
    const body = new ChunkedBody();
    read('0\r\n\r\n', [], body);
    const bytes = Buffer.from('5\r\nhello\r\n');
    expect(body.step(bytes, 0, bytes.length)).toBe(0);
    expect([body.state, body.dataStart, body.dataEnd]).toEqual(['done', 0, 0]);
  });

  test('no bytes change nothing', () => {
    const body = new ChunkedBody();
    expect(body.step(Buffer.alloc(8), 4, 4)).toBe(4);
    expect([body.state, body.dataStart, body.dataEnd]).toEqual(['reading', 4, 4]);
  });
});

describe('a chunked body is refused at the byte', () => {
  // `§` stands before the byte that must not be there.
  const refused: [behaviour: string, text: string][] = [
    ['no size', '§\r\nhello'],
    ['an extension without size', '§;a\r\nhello'],
    ['a sign', '§+5\r\nhello'],
    ['a negative size', '§-5\r\nhello'],
    ['a space before the size', '§ 5\r\nhello'],
    ['a space behind the size', '5§ \r\nhello'],
    ['0x', '0§x5\r\nhello'],
    ['an underscore', '1§_0\r\nhello'],
    ['a size of 2^53', '2000000000000§0\r\n'],
    ['a size of 17 digits', '0000000000000000§5\r\nhello'],
    ['a bare LF behind the size', '5§\nhello\r\n'],
    ['a bare CR behind the size', '5\r§hello\r\n'],
    ['a bare LF in an extension', '5;a§\nhello'],
    ['a bare CR in an extension', '5;a\r§b\r\nhello'],
    ['a NUL in an extension', '5;a§\0\r\nhello'],
    ['an extension beyond its limit', `1;${'x'.repeat(512)}§x\r\n!\r\n`],
    ['less data than announced', '6\r\nhello\r§\n0\r\n\r\n'],
    ['more data than announced', '4\r\nhell§o\r\n0\r\n\r\n'],
    ['a bare LF behind data', '5\r\nhello§\n0\r\n\r\n'],
    ['a bare CR behind data', '5\r\nhello\r§0\r\n\r\n'],
    ['a bare LF at the end', '0\r\n§\n'],
    ['a bare CR at the end', '0\r\n\r§x'],
    ['a bare LF behind the last size', '0§\n\r\n'],
    ['a trailer without colon', '0\r\nabc§\r\n\r\n'],
    ['a trailer without name', '0\r\n§: 1\r\n\r\n'],
    ['a space in a trailer name', '0\r\na§ : 1\r\n\r\n'],
    ['a folded trailer', '0\r\na: 1\r\n§ 2\r\n\r\n'],
    ['a NUL in a trailer', '0\r\na: §\0\r\n\r\n'],
    ['a bare LF in a trailer', '0\r\na: 1§\nb: 2\r\n\r\n'],
    ['a bare CR in a trailer', '0\r\na: 1\r§b: 2\r\n\r\n'],
    ['too many trailer lines', `0\r\n${trailerLines(100)}§a: 1\r\n\r\n`],
    ['trailers that are too large', `0\r\na:${'x'.repeat(8190)}§x\r\n\r\n`],
  ];
  for (const [behaviour, marked] of refused) {
    test(behaviour, () => {
      const at = marked.indexOf('§');
      const text = marked.replace('§', '');
      const whole = read(text);
      expect(whole).toMatchObject({ state: 'malformed', size: at });
      for (const cut of cutsOf(text)) expect(read(text, [cut])).toEqual(whole);
      expect(read(text.slice(0, at)).state).toBe('reading');
    });
  }

  test('nothing is read after it', () => {
    const body = new ChunkedBody();
    read('x', [], body);
    expect(body.step(Buffer.from('0\r\n\r\n'), 0, 5)).toBe(0);
    expect(body.state).toBe('malformed');
  });
});

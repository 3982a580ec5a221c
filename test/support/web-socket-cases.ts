import { deflateRawSync } from 'node:zlib';
import { closeFrame, frame, opcode } from './web-socket-frames.ts';

/**
 * What a client may say on a WebSocket, right and wrong, grouped and counted as the Autobahn suite does
 * (github.com/crossbario/autobahn-testsuite, cases 1 to 7, 9, 10, 12), restated as raw frames.
 */
export interface WebSocketCase {
  readonly name: string;
  /** On `web-socket-origin.mjs`. */
  readonly target: string;
  /** Handshake lines beside the usual ones. */
  readonly lines: readonly string[];
  readonly frames: readonly Buffer[];
  /** The code of the origin's close frame; `none`: it ends without one, `empty`: without a code. */
  readonly closes: number | 'none' | 'empty';
  /** Messages and pongs before it, where they are worth counting. */
  readonly heard?: number;
}

interface Rest {
  readonly target?: string;
  readonly lines?: readonly string[];
  readonly heard?: number;
}

const one = (
  name: string,
  closes: WebSocketCase['closes'],
  frames: readonly Buffer[],
  rest: Rest = {},
): WebSocketCase => ({
  name,
  closes,
  frames,
  target: '/echo',
  lines: [],
  ...rest,
});

const { text, binary, continuation, ping, pong, close } = opcode;
const bye = closeFrame(1000);

/** What is right: it is followed by an orderly close. */
const right = (name: string, heard: number, ...frames: Buffer[]): WebSocketCase =>
  one(name, 1000, [...frames, bye], { heard });

const PROTOCOL_ERROR = 1002;
const NOT_UTF8 = 1007;
const TOO_BIG = 1009;
const wrong = (name: string, heard: number, ...frames: Buffer[]): WebSocketCase =>
  one(name, PROTOCOL_ERROR, frames, { heard });

/** A message in frames of at most this many bytes. */
function fragments(op: number, payload: Buffer, size: number): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < payload.length; at += size) {
    const fin = at + size >= payload.length;
    frames.push(frame(at === 0 ? op : continuation, payload.subarray(at, at + size), { fin }));
  }
  return frames;
}

const stars = (size: number): Buffer => Buffer.alloc(size, '*');
const noise = (size: number): Buffer => Buffer.alloc(size).map((_, i) => (i * 31 + (i >> 8)) & 255) as Buffer;

// ── 1: framing ───────────────────────────────────────────────────────────────────────────────────────────────────────

const sizes = [0, 1, 125, 126, 127, 128, 65_535, 65_536];
const framing = [
  ...sizes.map((size) => right(`1.1 text of ${size}`, 1, frame(text, stars(size)))),
  ...sizes.map((size) => right(`1.2 binary of ${size}`, 1, frame(binary, noise(size)))),
  right('1 a mask of zeroes', 1, frame(text, 'not hidden', { mask: Buffer.alloc(4) })),
  right('1 a short length in three bytes', 1, frame(text, 'hello', { lengthField: 3 })),
  right('1 a short length in nine bytes', 1, frame(text, 'hello', { lengthField: 9 })),
  wrong('1 a frame without a mask', 0, frame(text, 'hello', { mask: false })),
  one('1 a length beyond 2^53', TOO_BIG, [frame(binary, 'x', { lengthField: 9, length: 2 ** 60 })]),
];

// ── 2: pings and pongs ───────────────────────────────────────────────────────────────────────────────────────────────

const pings = [
  right('2.1 an empty ping', 1, frame(ping)),
  right('2.2 a ping with text', 1, frame(ping, 'Hello, world!')),
  right('2.3 a ping with bytes', 1, frame(ping, Buffer.from('00fffefdfcfb00ff', 'hex'))),
  right('2.4 a ping of 125', 1, frame(ping, Buffer.alloc(125, 0xfe))),
  wrong('2.5 a ping of 126', 0, frame(ping, Buffer.alloc(126, 0xfe))),
  right('2.7 an unasked pong', 0, frame(pong)),
  right('2.8 an unasked pong with bytes', 0, frame(pong, 'unsolicited pong payload')),
  right('2.9 an unasked pong, then a ping', 1, frame(pong, 'unsolicited'), frame(ping, 'ping payload')),
  right('2.10 ten pings', 10, ...Array.from({ length: 10 }, (_, i) => frame(ping, `payload-${i}`))),
];

// ── 3: reserved bits, 4: reserved opcodes ────────────────────────────────────────────────────────────────────────────

const hello = frame(text, 'Hello, world!');
const afterHello = (name: string, bad: Buffer): WebSocketCase => wrong(name, 1, hello, bad, frame(ping));
const reserved = [
  wrong('3.1 text with bit 3', 0, frame(text, 'Hello, world!', { reserved: 1 })),
  afterHello('3.2 text with bit 2', frame(text, 'Hello, world!', { reserved: 2 })),
  afterHello('3.3 text with bits 2 and 3', frame(text, 'Hello, world!', { reserved: 3 })),
  afterHello('3.4 text with bit 1', frame(text, 'Hello, world!', { reserved: 4 })),
  wrong('3.5 binary with bits 1 and 3', 0, frame(binary, Buffer.from('00fffefdfcfb00ff', 'hex'), { reserved: 5 })),
  wrong('3.6 ping with bits 1 and 2', 0, frame(ping, 'Hello, world!', { reserved: 6 })),
  wrong('3.7 close with all bits', 0, frame(close, '', { reserved: 7 })),
];
const opcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((op) => [
  wrong(`4 opcode ${op}`, 0, frame(op)),
  wrong(`4 opcode ${op} with bytes`, 0, frame(op, 'reserved opcode payload')),
  afterHello(`4 opcode ${op} behind a message`, frame(op, 'reserved opcode payload')),
]);

// ── 5: fragments ─────────────────────────────────────────────────────────────────────────────────────────────────────

const first = frame(text, 'fragment1', { fin: false });
const middle = frame(continuation, 'fragment2', { fin: false });
const last = frame(continuation, 'fragment3');
const fragmentation = [
  wrong('5.1 a ping in two', 0, frame(ping, 'fragment1', { fin: false }), frame(continuation, 'fragment2')),
  wrong('5.2 a pong in two', 0, frame(pong, 'fragment1', { fin: false }), frame(continuation, 'fragment2')),
  right('5.3 text in two', 1, first, last),
  right('5.6 text in two, a ping between', 2, first, frame(ping, 'ping payload'), last),
  wrong('5.9 a continuation of nothing', 0, frame(continuation, 'non-continuation payload'), hello),
  wrong('5.12 a continuation of nothing that goes on', 0, middle, hello),
  wrong('5.15 a continuation behind a whole message', 1, first, last, middle, hello),
  wrong('5.16 continuations before each message', 0, middle, hello, middle, hello),
  wrong('5.18 a message that begins within a message', 0, first, frame(text, 'fragment2')),
  right(
    '5.19 text in five, pings among them',
    3,
    ...[first, middle, frame(ping, 'one'), middle, middle, frame(ping, 'two'), last],
  ),
  right('5 a hundred fragments of a byte', 1, ...fragments(text, stars(100), 1)),
  wrong('5 a close within a fragmented close', 0, frame(close, Buffer.from([3, 232]), { fin: false })),
];

// ── 6: UTF-8 ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const greeting = Buffer.from('Hello-µ@ßöäüàá-UTF-8!!');
/** As hexadecimal digits; after Markus Kuhn's stress test, which the suite follows. */
const goodTexts: readonly string[] = [
  ...['cebacf8ccf83cebcceb5', '00', 'c280', 'e0a080', 'f0908080', '7f', 'dfbf', 'efbfbf', 'f48fbfbf', 'ed9fbf'],
  ...['ee8080', 'efbfbd', 'efbfbe', 'f0afbfbe', 'f09fbfbf', '68656c6c6f24c2a2e282acf0a4ada2'],
];
const badTexts: readonly string[] = [
  ...['cebacf8ccf83cebcceb5eda080656469746564', 'ce', 'cebacf', 'cebacf8ccf83cebcce', 'f8888080', 'fc8480808080'],
  ...['f7bfbfbf', 'fbbfbfbfbf', 'fdbfbfbfbfbf', 'f4908080', '80', 'bf', '80bf', '80bf80bf80bf80'],
  ...['c020', 'e020', 'f020', 'f820', 'fc20', 'c0', 'e080', 'f08080', 'f8808080', 'fc80808080', 'df', 'efbf', 'f7bfbf'],
  ...['fe', 'ff', 'fefeffff', 'c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af'],
  ...['c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf', 'c080', 'e08080', 'f0808080', 'f880808080'],
  ...['eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf', 'eda080edb080', 'edafbfedbfbf'],
];
const utf8 = [
  right('6.1.1 an empty text', 1, frame(text)),
  right(
    '6.1.2 three empty fragments',
    1,
    ...[frame(text, '', { fin: false }), frame(continuation, '', { fin: false })],
    frame(continuation),
  ),
  right('6.1.3 something between empty fragments', 1, frame(text, '', { fin: false }), middle, frame(continuation)),
  right('6.2.1 text that is not ASCII', 1, frame(text, greeting)),
  right('6.2.2 the same, cut between letters', 1, ...fragments(text, greeting, 9)),
  right('6.2.3 the same, cut at every byte', 1, ...fragments(text, greeting, 1)),
  ...goodTexts.map((hex) => right(`6 good ${hex}`, 1, frame(text, Buffer.from(hex, 'hex')))),
  ...goodTexts.map((hex) => right(`6 good ${hex} in pieces`, 1, ...fragments(text, Buffer.from(hex, 'hex'), 1))),
  ...badTexts.map((hex) => one(`6 bad ${hex}`, NOT_UTF8, [frame(text, Buffer.from(hex, 'hex'))])),
  ...badTexts.map((hex) => one(`6 bad ${hex} in pieces`, NOT_UTF8, fragments(text, Buffer.from(hex, 'hex'), 1))),
  ...badTexts.slice(0, 4).map((hex) => right(`6 ${hex} as bytes`, 1, frame(binary, Buffer.from(hex, 'hex')))),
];

// ── 7: close ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const goodCodes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const badCodes = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
const closing = [
  right('7.1.1 a message, then close', 1, hello),
  one('7.1.2 close twice', 1000, [bye, bye]),
  one('7.1.3 a ping behind the close', 1000, [bye, frame(ping)]),
  one('7.1.4 a message behind the close', 1000, [bye, hello]),
  one('7.1.5 a close within a message', 1000, [first, bye, last]),
  one('7.1.6 a large message, close, ping', 1000, [frame(binary, noise(262_144)), bye, frame(ping)], { heard: 1 }),
  one('7.3.1 an empty close', 'empty', [frame(close)]),
  wrong('7.3.2 a close of one byte', 0, frame(close, 'a')),
  one('7.3.4 a reason', 1000, [closeFrame(1000, 'Hello, world!')]),
  one('7.3.5 a reason of 123', 1000, [closeFrame(1000, stars(123))]),
  wrong('7.3.6 a reason of 124', 0, closeFrame(1000, stars(124))),
  one('7.5.1 a reason that is not UTF-8', NOT_UTF8, [closeFrame(1000, Buffer.from('cebaeda080', 'hex'))]),
  ...goodCodes.map((code) => one(`7.7 code ${code}`, code, [closeFrame(code)])),
  ...badCodes.map((code) => wrong(`7.9 code ${code}`, 0, closeFrame(code))),
];

// ── 9: limits and performance, 10: the rest ──────────────────────────────────────────────────────────────────────────

const KIB = 1024;
const limits = [
  ...[64, 256, 1024, 4096].map((kib) => right(`9.1 text of ${kib} KiB`, 1, frame(text, stars(kib * KIB)))),
  ...[64, 256, 1024, 4096].map((kib) => right(`9.2 binary of ${kib} KiB`, 1, frame(binary, noise(kib * KIB)))),
  ...[256, 4096, 65_536].map((size) =>
    right(`9.4 1 MiB in frames of ${size}`, 1, ...fragments(binary, noise(KIB * KIB), size)),
  ),
  ...[0, 16, 64, 256, 1024].map((size) =>
    right(`9.7 a thousand messages of ${size}`, 1000, ...Array<Buffer>(1000).fill(frame(text, stars(size)))),
  ),
  one('9 one byte more than the origin takes', TOO_BIG, [frame(binary, noise(4096 * KIB + 1))]),
  right('10.1.1 65,536 in frames of 1,300', 1, ...fragments(text, stars(65_536), 1300)),
];

// ── 12: compression, which is the peers' own business ────────────────────────────────────────────────────────────────

const deflating = [
  'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover',
];
/** RFC 7692, 7.2.1: without the last four bytes of an empty block. */
const deflated = (payload: Buffer): Buffer => {
  const bytes = deflateRawSync(payload, { finishFlush: 2 });
  return bytes.subarray(0, bytes.length - 4);
};
const compression = [
  ...[1, 16, 1000, 65_536, 131_072].map((size) =>
    one(`12 compressed, ${size}`, 1000, [frame(binary, deflated(noise(size)), { reserved: 4 }), bye], {
      target: '/deflate/echo',
      lines: deflating,
      heard: 1,
    }),
  ),
  one('12 not compressed, though agreed on', 1000, [hello, bye], {
    target: '/deflate/echo',
    lines: deflating,
    heard: 1,
  }),
  one('12 no deflate stream', NOT_UTF8, [frame(binary, Buffer.from('ffffffff', 'hex'), { reserved: 4 })], {
    target: '/deflate/echo',
    lines: deflating,
  }),
];

// ── what the origin says by itself ───────────────────────────────────────────────────────────────────────────────────

const originSays = [
  one('the origin speaks first', 1000, [bye], { target: '/greet', heard: 3 }),
  one('the origin speaks in pieces, pings among them', 1000, [hello, frame(binary, noise(300)), bye], {
    target: '/pieces',
  }),
  ...[1000, 1001, 1011, 3000, 4999].map((code) =>
    one(`the origin closes with ${code}`, code, [hello], { target: `/bye?${code}` }),
  ),
  one('the origin resets', 'none', [hello], { target: '/cut' }),
  one('the origin ends without a word', 'none', [hello], { target: '/end' }),
  one('a subprotocol', 1000, [hello, bye], { lines: ['Sec-WebSocket-Protocol: chat, superchat'], heard: 1 }),
];

export const webSocketCases: readonly WebSocketCase[] = [
  ...[...framing, ...pings, ...reserved, ...opcodes, ...fragmentation, ...utf8, ...closing],
  ...[...limits, ...compression, ...originSays],
];

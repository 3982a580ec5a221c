/** RFC 6455, 5.2, as raw bytes: what a client may say, right or wrong, and what came back. Shares nothing with `ws`. */

export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameOptions {
  readonly fin?: boolean;
  /** RSV1 to RSV3 as three bits: 4 is RSV1. */
  readonly reserved?: number;
  readonly mask?: Buffer | false;
  /** Bytes of the length field: 1, 3 or 9 with the marker byte; the shortest that fits unless said. */
  readonly lengthField?: 1 | 3 | 9;
  /** A length other than that of the payload. */
  readonly length?: number;
}

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/** One frame of a client: masked unless it is told otherwise. */
export function frame(op: number, payload: Buffer | string = '', options: FrameOptions = {}): Buffer {
  const { fin = true, reserved = 0, mask = MASK } = options;
  const bytes = Buffer.from(payload as string);
  const length = options.length ?? bytes.length;
  const field = lengthField(length, options.lengthField);
  field[0] |= mask === false ? 0 : 0x80;
  const first = Buffer.of((fin ? 0x80 : 0) | (reserved << 4) | op);
  return Buffer.concat(mask === false ? [first, field, bytes] : [first, field, mask, masked(bytes, mask)]);
}

function lengthField(length: number, wanted?: 1 | 3 | 9): Buffer {
  const size = wanted ?? (length < 126 ? 1 : length < 65_536 ? 3 : 9);
  if (size === 1) return Buffer.of(length);
  const field = Buffer.alloc(size);
  field[0] = size === 3 ? 126 : 127;
  if (size === 3) field.writeUInt16BE(length, 1);
  else field.writeBigUInt64BE(BigInt(length), 1);
  return field;
}

/** Masking is its own inverse. */
function masked(bytes: Buffer, mask: Buffer): Buffer {
  const out = Buffer.from(bytes);
  for (let i = 0; i < out.length; i++) out[i] ^= mask[i & 3];
  return out;
}

export interface Frame {
  readonly fin: boolean;
  readonly reserved: number;
  readonly op: number;
  readonly masked: boolean;
  readonly payload: Buffer;
}

/** The frame at `start` and where the next one begins, or undefined while it is not whole. */
export function readFrame(bytes: Buffer, start = 0): { readonly frame: Frame; readonly next: number } | undefined {
  if (bytes.length < start + 2) return undefined;
  const [first, second] = [bytes[start], bytes[start + 1]];
  const short = second & 0x7f;
  const fieldEnd = start + 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
  const dataStart = fieldEnd + (second & 0x80 ? 4 : 0);
  if (bytes.length < dataStart) return undefined;
  const length =
    short === 126 ? bytes.readUInt16BE(start + 2) : short === 127 ? Number(bytes.readBigUInt64BE(start + 2)) : short;
  const next = dataStart + length;
  if (bytes.length < next) return undefined;
  const raw = bytes.subarray(dataStart, next);
  const payload = second & 0x80 ? masked(raw, bytes.subarray(fieldEnd, dataStart)) : raw;
  const one = { fin: first >= 0x80, reserved: (first >> 4) & 7, op: first & 15, masked: second >= 0x80, payload };
  return { frame: one, next };
}

/** RFC 6455, 5.5.1: a code, then a reason. */
export function closeFrame(code: number, reason: Buffer | string = ''): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return frame(opcode.close, Buffer.concat([head, Buffer.from(reason as string)]));
}

/** The lines of an opening handshake (RFC 6455, 4.1; the key is the one of its example). */
export const handshake = (host: string, target = '/', more: readonly string[] = []): string[] => [
  `GET ${target} HTTP/1.1`,
  `Host: ${host}`,
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ...more,
];

/** What an honest server answers to that key. */
export const ACCEPTED = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

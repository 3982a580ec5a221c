import { createHash } from 'node:crypto';
import type { HeaderList } from './message.ts';
import { RawClient } from './raw-client.ts';
import type { WebSocketCase } from './web-socket-cases.ts';
import { type Frame, handshake, opcode, readFrame } from './web-socket-frames.ts';

/** How the bytes of a script are cut into writes. */
export type Cut = 'whole' | 'by frame' | 'within heads' | 'by byte';

/** All that a client can see of a WebSocket. */
export interface Transcript {
  /** Status and the lines that a WebSocket is about. */
  readonly handshake: readonly string[];
  /** `fin=1 rsv=0 op=1 masked=false 13 SHA1` */
  readonly frames: readonly string[];
  /** Of the close frame; undefined without one. */
  readonly closeCode: number | 'empty' | undefined;
  readonly ending: 'end' | 'reset';
}

/** Plays one script to the end of the connection. */
export async function play(port: number, host: string, script: WebSocketCase, cut: Cut): Promise<Transcript> {
  using client = await RawClient.connect(port);
  const opened = await client.ask(handshake(host, script.target, script.lines));
  const saying = say(client, script.frames, cut);
  const heard = await listen(client);
  await saying;
  return { handshake: [String(opened.status), ...handshakeLines(opened.headers)], ...heard };
}

/** What WebSockets are about; options of a connection are written by each hop itself, in letters of any case. */
const handshakeLines = (headers: HeaderList): readonly string[] =>
  headers
    .filter(([name]) => /^(sec-websocket-|upgrade$|connection$)/i.test(name))
    .map(([name, value]) => `${name}: ${name === 'Connection' ? value.toLowerCase() : value}`)
    .sort();

async function say(client: RawClient, frames: readonly Buffer[], cut: Cut): Promise<void> {
  for (const piece of pieces(frames, cut)) {
    if (!client.socket.writable) return;
    // A peer that has refused what came before may close at any time.
    await client.write(piece).catch(() => {});
  }
}

/** Inside of what a header is made of: two bytes, a length of two or eight, a mask of four. */
const HEAD_CUTS = [1, 2, 3, 4, 6, 7, 9, 10, 13, 14];

function pieces(frames: readonly Buffer[], cut: Cut): readonly Buffer[] {
  if (cut === 'whole') return [Buffer.concat(frames)];
  if (cut === 'by frame') return frames;
  if (cut === 'within heads') return frames.flatMap((one) => cutAt(one, HEAD_CUTS));
  return cutAt(
    Buffer.concat(frames),
    Array.from({ length: sizeOf(frames) }, (_, i) => i + 1),
  );
}

export const sizeOf = (frames: readonly Buffer[]): number => frames.reduce((sum, { length }) => sum + length, 0);

const cutAt = (bytes: Buffer, places: readonly number[]): Buffer[] =>
  [0, ...places].map((from, i) => bytes.subarray(from, places[i])).filter(({ length }) => length > 0);

/** Frames until the peer ends; ends our own direction behind its close frame. */
async function listen(client: RawClient): Promise<Omit<Transcript, 'handshake'>> {
  const frames: string[] = [];
  let closeCode: Transcript['closeCode'];
  let held: Buffer = Buffer.alloc(0);
  for (;;) {
    const more = await client.stream.some();
    if (more === undefined) break;
    held = Buffer.concat([held, more]);
    for (let read = readFrame(held); read !== undefined; read = readFrame(held)) {
      held = held.subarray(read.next);
      frames.push(describe(read.frame));
      if (read.frame.op !== opcode.close) continue;
      closeCode = read.frame.payload.length >= 2 ? read.frame.payload.readUInt16BE() : 'empty';
      client.end();
    }
  }
  if (held.length > 0) frames.push(`part of a frame: ${held.toString('hex')}`);
  return { frames, closeCode, ending: client.stream.ending as 'end' | 'reset' };
}

const describe = ({ fin, reserved, op, masked, payload }: Frame): string =>
  `fin=${Number(fin)} rsv=${reserved} op=${op} masked=${masked} ${payload.length} ${createHash('sha1').update(payload).digest('hex')}`;

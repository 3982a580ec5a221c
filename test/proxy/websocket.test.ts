import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Forked, startForked } from '../support/forked.ts';
import { route } from '../support/manifests.ts';
import { type Komainu, startKomainu } from '../support/start-komainu.ts';
import { type WebSocketCase, webSocketCases } from '../support/web-socket-cases.ts';
import { type Cut, play, sizeOf } from '../support/web-socket-script.ts';

const HOST = 'sockets.test';
/** Larger scripts are not cut at every byte. */
const BY_BYTE_LIMIT = 200;

const count = { scripts: 0, framesHeard: 0 };

let origin: Forked<number>;
let komainu: Komainu;
beforeAll(async () => {
  origin = await startForked<number>('web-socket-origin.mjs');
  komainu = await startKomainu({ manifests: { 'sockets.yaml': route(HOST, [origin.ready]) } });
});
afterAll(async () => {
  console.log(`websocket: ${webSocketCases.length} cases, each both ways: ${JSON.stringify(count)}`);
  await komainu[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

const cutsOf = (script: WebSocketCase): readonly Cut[] =>
  sizeOf(script.frames) <= BY_BYTE_LIMIT
    ? ['whole', 'by frame', 'within heads', 'by byte']
    : ['whole', 'by frame', 'within heads'];

describe.concurrent('through the proxy as without it', () => {
  test.each(webSocketCases.map((script) => ({ name: script.name, script })))('$name', async ({ script }) => {
    for (const cut of cutsOf(script)) {
      const direct = await play(origin.ready, HOST, script, cut);
      expect(direct.handshake[0]).toBe('101');
      expect(direct.closeCode ?? 'none').toBe(script.closes);
      if (script.heard !== undefined) expect(direct.frames.length - 1).toBe(script.heard);
      expect(await play(komainu.port(), HOST, script, cut), `cut ${cut}`).toEqual(direct);
      count.scripts++;
      count.framesHeard += direct.frames.length;
    }
  });
});

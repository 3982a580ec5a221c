import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SeenRequest } from '../support/recording-backend.ts';
import { waitUntil } from '../support/wait-until.ts';
import { get, head, ok, post } from './case.ts';
import { judgeClosed, judgeOwnLines } from './judging.ts';
import { ConformanceStage, type Guest } from './stage.ts';

/** RFC 9110, 10.1.1: who says what, and when. */

let stage: ConformanceStage;
beforeAll(async () => {
  stage = await ConformanceStage.start();
});
afterAll(async () => {
  const { faults } = stage.backend;
  await stage[Symbol.asyncDispose]();
  expect(faults).toEqual([]);
});

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const HINTS = head('HTTP/1.1 103 Early Hints', 'Link: </a>');
const FINAL = `${ok('Content-Length: 2')}ok`;

const withLength = { head: post('Expect: 100-continue', 'Content-Length: 4'), body: 'abcd' };
const withChunks = {
  head: post('Expect: 100-continue', 'Transfer-Encoding: chunked'),
  body: '4;x\r\nabcd\r\n0\r\n\r\n',
};
const messages = [
  { kind: 'a length', ...withLength },
  { kind: 'chunks', ...withChunks },
];

/** Komainu sends a body on without a 100 after a second; what is looked at earlier must be looked at well before. */
const SOON_MS = 500;

/** The client has said this, the backend sees the head of its request, and the shard has read all that was said. */
async function open(said: string): Promise<{ guest: Guest; seen: SeenRequest }> {
  for (;;) {
    const guest = await stage.invite({ whole: ({ connection }) => connection.socket.write(FINAL) });
    const start = performance.now();
    await guest.client.write(said);
    await waitUntil('the backend sees the head', () => guest.visit.requests.length === 1);
    await stage.caughtUp();
    if (performance.now() - start < SOON_MS) return { guest, seen: guest.visit.requests[0]! };
    stage.dismiss(guest, false); // a loaded machine: once more
  }
}

async function judgeAnswer({ client }: Guest, status: number, connection: string | undefined): Promise<void> {
  const answer = await client.answer();
  expect({ status: answer.status, text: answer.text, interim: answer.informational }).toEqual({
    status,
    text: 'ok',
    interim: [],
  });
  judgeOwnLines(answer.headers, connection);
}

test.each(messages)('a client that waits is told to go on when the backend says so, with $kind', async (said) => {
  const { guest, seen } = await open(said.head);
  const { client } = guest;
  seen.connection.socket.write(CONTINUE);
  expect((await client.head()).raw).toBe(CONTINUE);
  await client.write(said.body);
  await judgeAnswer(guest, 200, undefined);
  expect(seen.body).toBe('abcd');
  stage.dismiss(guest);
});

test.each(messages)('a body of $kind that comes too early waits until the backend says go on', async (said) => {
  const { guest, seen } = await open(said.head + said.body);
  expect(seen.connection.held).toBe('');
  expect(seen.body).toBeUndefined();
  seen.connection.socket.write(CONTINUE);
  expect((await guest.client.head()).raw).toBe(CONTINUE);
  await judgeAnswer(guest, 200, undefined);
  expect(seen.body).toBe('abcd');
  stage.dismiss(guest);
});

test('hints and two calls to go on are passed in their order', async () => {
  const { guest, seen } = await open(withLength.head);
  seen.connection.socket.write(HINTS + CONTINUE + HINTS);
  const statuses = [await guest.client.head(), await guest.client.head(), await guest.client.head()];
  expect(statuses.map(({ status }) => status)).toEqual([103, 100, 103]);
  await guest.client.write(withLength.body);
  await judgeAnswer(guest, 200, undefined);
  stage.dismiss(guest);
});

test.each(messages)(
  'a final answer before the body of $kind ends the connection, and the body goes nowhere',
  async (said) => {
    const { guest, seen } = await open(said.head);
    const { client } = guest;
    seen.connection.socket.write(`${head('HTTP/1.1 401 No', 'Content-Length: 2')}ok`);
    await judgeAnswer(guest, 401, 'close');
    await client.write(`${said.body}GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    await judgeClosed(client);
    await waitUntil('the upstream connection is given up', () => seen.connection.ended);
    expect(seen.connection.held).toBe('');
    expect(guest.visit.requests).toHaveLength(1);
    stage.dismiss(guest);
  },
);

test('a final answer to a body that came too early: the body goes nowhere, and what stands behind it is the next request', async () => {
  const { guest, seen } = await open(`${withLength.head}${withLength.body}${get()}`);
  expect(seen.connection.held).toBe('');
  seen.connection.socket.write(`${head('HTTP/1.1 417 No', 'Content-Length: 2')}ok`);
  await judgeAnswer(guest, 417, undefined);
  await judgeAnswer(guest, 200, undefined);
  await waitUntil('the upstream connection is given up', () => seen.connection.ended);
  expect(seen.connection.held).toBe('');
  expect(guest.visit.requests.map(({ line }) => line)).toEqual(['POST / HTTP/1.1', 'GET / HTTP/1.1']);
  stage.dismiss(guest);
});

test('a client that does not wait for the call to go on is served', async () => {
  const { guest, seen } = await open(withLength.head);
  await guest.client.write(withLength.body);
  seen.connection.socket.write(CONTINUE);
  expect((await guest.client.head()).raw).toBe(CONTINUE);
  await judgeAnswer(guest, 200, undefined);
  stage.dismiss(guest);
});

test('a client that is told to go on and leaves instead takes the request with it', async () => {
  const { guest, seen } = await open(withLength.head);
  seen.connection.socket.write(CONTINUE);
  expect((await guest.client.head()).raw).toBe(CONTINUE);
  guest.client.end();
  await judgeClosed(guest.client);
  await waitUntil('the upstream connection is given up', () => seen.connection.ended);
  expect(seen.body).toBeUndefined();
  stage.dismiss(guest);
});

test('the next request does not wait', async () => {
  const { guest, seen } = await open(withLength.head);
  seen.connection.socket.write(CONTINUE);
  expect((await guest.client.head()).raw).toBe(CONTINUE);
  await guest.client.write(withLength.body);
  await judgeAnswer(guest, 200, undefined);
  await guest.client.write(`${post('Content-Length: 4')}abcd`);
  await judgeAnswer(guest, 200, undefined);
  expect(guest.visit.requests.map(({ body }) => body)).toEqual(['abcd', 'abcd']);
  stage.dismiss(guest);
});

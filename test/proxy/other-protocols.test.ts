import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Stage, startStage } from '../support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(4);
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

/** A ClientHello of TLS 1.2 for `a.test` (RFC 5246, 7.4.1.2). */
const hello = Buffer.from(
  '16030100440100004003030001020304050607' +
    '08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f000004c02fc030010000130000000b000900000661' +
    '2e7465737400170000',
  'hex',
);

test('a TLS hello on a plain port is told nothing and closed in order', async () => {
  const { connect } = stage.take();
  using client = await connect();
  await client.write(hello);
  expect((await client.stream.toEnd()).toString('latin1')).toBe('');
  expect(client.stream.ending).toBe('end');
});

test('a TLS hello whose bytes come one by one is too', async () => {
  const { connect } = stage.take();
  using client = await connect();
  for (const byte of hello) await client.write(Buffer.of(byte));
  expect((await client.stream.toEnd()).toString('latin1')).toBe('');
  expect(client.stream.ending).toBe('end');
});

test('a TLS client sees its connection closed, not reset, and no plain text', async () => {
  const before = (await stage.komainu.metrics()).get(
    'komainu_failures_total{failure="request-malformed",side="downstream"}',
  );
  const socket = connect({ port: stage.komainu.port(), host: '127.0.0.1', servername: 'a.test' });
  const error = await new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve));
  expect(error.message).toContain('disconnected before secure TLS connection was established');
  const after = (await stage.komainu.metrics()).get(
    'komainu_failures_total{failure="request-malformed",side="downstream"}',
  );
  expect(after).toBe((before ?? 0) + 1);
});

test('the preface of HTTP/2 is answered in HTTP/1.1, and the connection closed', async () => {
  const { connect } = stage.take();
  using client = await connect();
  await client.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04\0\0\0\0\0');
  const answer = await client.answer();
  expect(answer).toMatchObject({ status: 400 });
  expect(answer.header('Connection')).toBe('close');
  expect(await client.closed()).toBe('end');
});

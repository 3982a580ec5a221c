import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { route } from '../support/manifests.ts';
import { canned } from '../support/origin.ts';
import { get } from '../support/raw-client.ts';
import { type Stage, startStage } from '../support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(10);
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

test('Via of others stays, ours stands behind it with the version of the client', async () => {
  const { host, ask, origin, connect } = stage.take();
  await ask(['GET / HTTP/1.1', 'Via: 1.0 fred, 1.1 p.example.net', 'via: 1.1 komainu-00000000']);
  expect(origin.requests[0].headerValues('Via')).toEqual([
    '1.0 fred, 1.1 p.example.net',
    '1.1 komainu-00000000',
    expect.stringMatching(/^1\.1 komainu-[0-9a-f]{8}$/),
  ]);
  using client = await connect();
  await client.ask(['GET / HTTP/1.0', `Host: ${host}`]);
  expect(origin.requests[1].headerValues('Via')).toEqual([expect.stringMatching(/^1\.0 komainu-[0-9a-f]{8}$/)]);
});

test('the answer gets no Via of ours', async () => {
  const { get } = stage.take(canned('HTTP/1.1 200 OK\r\nVia: 1.1 other\r\nContent-Length: 0\r\n\r\n'));
  expect((await get()).headerValues('Via')).toEqual(['1.1 other']);
});

test('a request that has been here before is 508 and goes nowhere', async () => {
  const { host, ask, origin, connect } = stage.take();
  await ask(['GET / HTTP/1.1']);
  const name = origin.request.header('Via')!.split(' ')[1];
  using client = await connect();
  for (const via of [`Via: 1.1 ${name}`, `via: 1.1 fred, 1.0 ${name} (us), 1.1 other`]) {
    const answer = await client.ask(['GET / HTTP/1.1', `Host: ${host}`, 'Via: 1.1 first', via, 'Via: 1.1 last']);
    expect(answer.status).toBe(508);
  }
  expect(origin.requests).toHaveLength(1);
  const failed = await client.ask(['GET / HTTP/1.1', `Host: ${host}`, `X-Via: ${name}`]);
  expect(failed.status).toBe(200);
  const metrics = await stage.komainu.metrics();
  expect(metrics.get('komainu_failures_total{failure="loop-detected",side="proxy"}')).toBe(2);
});

test('a route that leads back to the proxy ends after one round', async () => {
  const { komainu } = stage;
  await komainu.write('loop.yaml', route('loop.test', [komainu.port()]));
  await komainu.routed('loop.test');
  expect((await get(komainu.port(), 'loop.test')).status).toBe(508);
});

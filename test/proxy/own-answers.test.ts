import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { canned } from '../support/origin.ts';
import { type Answer, ask } from '../support/raw-client.ts';
import { type Stage, startStage } from '../support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(8, { args: ['--body-limit-bytes', '1000'] });
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

const nowhere = (...lines: readonly string[]): Promise<Answer> =>
  ask(stage.komainu.port(), ['GET /x HTTP/1.1', 'Host: nobody.test', ...lines]);

/** An answer of an endpoint that nobody can read. */
const rubbish = canned('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx');

test('text for those who do not ask, with an id and without a name, a version or a reason', async () => {
  const answer = await nowhere();
  const id = answer.header('X-Request-Id');
  expect(answer.status).toBe(404);
  expect(answer.header('Content-Type')).toBe('text/plain; charset=utf-8');
  expect(answer.text).toBe(`404 Not Found: No route takes this host and path.\nRequest id: ${id}\n`);
  expect(answer.header('x-komainu-reason')).toBeUndefined();
  expect(answer.header('Server')).toBeUndefined();
  expect(answer.raw + answer.text).not.toMatch(/komainu|node|\d\.\d\.\d/i);
  expect((await nowhere()).header('X-Request-Id')).not.toBe(id);
});

test('JSON for those who prefer it, however many lines say so', async () => {
  for (const lines of [['Accept: application/json'], ['accept: text/plain;q=0.5', 'X: 1', 'ACCEPT: application/*']]) {
    const answer = await nowhere(...lines);
    expect(answer.header('Content-Type')).toBe('application/problem+json');
    expect(JSON.parse(answer.text)).toEqual({
      status: 404,
      title: 'Not Found',
      detail: 'No route takes this host and path.',
      requestId: answer.header('X-Request-Id'),
    });
  }
  expect((await nowhere('Accept: application/json;q=0.1, */*')).header('Content-Type')).toMatch(/^text/);
});

test('a head that is no request is answered with text, whatever its Accept says', async () => {
  const { port } = stage.take();
  const answer = await ask(port, ['GET /x HTTP/1.1', 'Accept: application/json', 'Host : a.test']);
  expect([answer.status, answer.header('Content-Type')]).toEqual([400, 'text/plain; charset=utf-8']);
  expect(answer.text).toContain(answer.header('X-Request-Id'));
});

test('HEAD is answered without the body, also when its own body is too large', async () => {
  const { host, connect } = stage.take();
  for (const [lines, status] of [
    [['HEAD / HTTP/1.1', 'Host: nobody.test'], 404],
    [['HEAD / HTTP/1.1', `Host: ${host}`, 'Content-Length: 2000'], 413],
  ] as const) {
    using client = await connect();
    client.say([...lines, 'Connection: close']);
    const answer = await client.answer('HEAD');
    expect(answer.status).toBe(status);
    expect(Number(answer.header('Content-Length'))).toBeGreaterThan(40);
    expect(await client.closed()).toBe('end');
  }
});

test('what an endpoint failed is logged with the id of the answer, and nothing secret with it', async () => {
  const { ask: askHere, host } = stage.take(rubbish);
  const answer = await askHere([
    'GET /a/../orders?token=hush HTTP/1.1',
    'Accept: application/json',
    'Cookie: hush',
    'Authorization: Bearer hush',
  ]);
  expect(answer.status).toBe(502);
  const id = (JSON.parse(answer.text) as { requestId: string }).requestId;
  const line = await stage.komainu.until('the failure is logged', () =>
    stage.komainu.events('request failed').find((one) => one.requestId === id),
  );
  expect(line).toMatchObject({
    level: 'warn',
    failure: 'upstream-malformed',
    status: 502,
    method: 'GET',
    host,
    path: '/orders',
    client: '127.0.0.1',
    shard: expect.any(Number),
  });
  expect(JSON.stringify(stage.komainu.log)).not.toContain('hush');
});

test('a flood of failures is ten lines a second and a count of the others', async () => {
  const { connect, host } = stage.take(rubbish);
  using client = await connect();
  let asked = 0;
  const left = await stage.komainu.until('the others are counted', async () => {
    for (; asked % 50 < 49; asked++) {
      const answer = await client.ask(['GET /flood HTTP/1.1', `Host: ${host}`]);
      expect(answer.status).toBe(502);
    }
    asked++;
    return stage.komainu.event('more requests failed');
  });
  expect(left.leftOut).toBeGreaterThan(0);
  const told = stage.komainu.events('request failed').filter(({ path }) => path === '/flood').length;
  expect(told).toBeLessThan(asked);
});

test('the reason is said where the setting asks for it', async () => {
  await using telling = await startStage(1, { args: ['--reason-header'], shards: 1 });
  const { port } = telling.take();
  const answer = await ask(port, ['GET / HTTP/1.1', 'Host: nobody.test']);
  expect(answer.header('x-komainu-reason')).toBe('route-not-found');
  expect((await ask(port, ['GET / HTTP/1.1'])).header('x-komainu-reason')).toBe('request-malformed');
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { documents, ingress, service } from '../support/manifests.ts';
import { http, Origin, startOrigin } from '../support/origin.ts';
import { ask, get, RawClient } from '../support/raw-client.ts';
import { type Komainu, startKomainu } from '../support/start-komainu.ts';

const names = ['exact', 'prefix', 'longer', 'wildcard', 'anyhost', 'round-1', 'round-2', 'round-3'] as const;
const origins: Partial<Record<(typeof names)[number], Origin>> = {};
let six: Origin;
let komainu: Komainu;

beforeAll(async () => {
  for (const name of names) origins[name] = await startOrigin(http((_, reply) => reply.send(200, name)));
  six = await new Origin(http((_, reply) => reply.send(200, 'six'))).listen('::1');
  const to = (name: (typeof names)[number]): number => origins[name]!.port;
  komainu = await startKomainu({
    shards: 1,
    manifests: {
      'routes.yaml': documents(
        ingress('a', [
          { host: 'a.test', path: '/exact', pathType: 'Exact', service: 'exact' },
          { host: 'a.test', path: '/', service: 'prefix' },
          { host: 'a.test', path: '/long/er', service: 'longer' },
          { host: 'only.test', path: '/only', service: 'prefix' },
        ]),
        ingress('wild', [
          { host: '*.wild.test', service: 'wildcard' },
          { host: 'b.wild.test', path: '/own', service: 'exact' },
        ]),
        ingress('any', [{ path: '/any', service: 'anyhost' }]),
        ingress('round', [{ host: 'round.test', service: 'round' }]),
        ingress('six', [{ host: 'six.test', service: 'six' }]),
        ...(['exact', 'prefix', 'longer', 'wildcard', 'anyhost'] as const).map((name) => service(name, [to(name)])),
        service('round', [to('round-1'), to('round-2'), to('round-3')]),
        service('six', [`[::1]:${six.port}`]),
      ),
    },
  });
});
afterAll(async () => {
  await komainu[Symbol.asyncDispose]();
  for (const origin of [...Object.values(origins), six]) await origin.close();
});

test.each([
  ['a.test', '/exact', 'exact'],
  ['a.test', '/exact/', 'prefix'],
  ['a.test', '/exact?query=/long/er', 'exact'],
  ['a.test', '/long/er', 'longer'],
  ['a.test', '/long/er/', 'longer'],
  ['a.test', '/long/er/deep', 'longer'],
  ['a.test', '/long/error', 'prefix'],
  ['a.test', '/', 'prefix'],
  ['A.TeSt', '/exact', 'exact'],
  ['a.test:8080', '/exact', 'exact'],
  ['x.wild.test', '/', 'wildcard'],
  ['b.wild.test', '/own', 'exact'],
  ['b.wild.test', '/else', 'wildcard'],
  ['c.test', '/any', 'anyhost'],
  ['x.wild.test', '/any', 'wildcard'],
  ['only.test', '/any', 'anyhost'],
  ['six.test', '/', 'six'],
])('http://%s%s is answered by %s', async (host, target, expected) => {
  expect(await get(komainu.port(), host, target)).toMatchObject({ status: 200, text: expected });
});

test.each([
  ['c.test', '/'],
  ['c.test', '/anyone'],
  ['wild.test', '/'],
  ['x.y.wild.test', '/'],
  ['only.test', '/'],
  ['__proto__', '/'],
  [`${'a'.repeat(240)}.test`, '/'],
])('http://%s%s has no route: 404 with a sentence, and the connection goes on', async (host, target) => {
  using client = await RawClient.connect(komainu.port());
  const answer = await client.ask([`GET ${target} HTTP/1.1`, `Host: ${host}`]);
  expect(answer.status).toBe(404);
  expect(answer.text).toContain('404 Not Found');
  expect(answer.header('Connection')).not.toBe('close');
  expect(await client.ask(['GET /exact HTTP/1.1', 'Host: a.test'])).toMatchObject({ status: 200, text: 'exact' });
});

test('404 for a request with a body reads the body before it goes on', async () => {
  using client = await RawClient.connect(komainu.port());
  const lines = ['POST / HTTP/1.1', 'Host: nobody.test', 'Content-Length: 40'];
  client.say(lines, 'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n');
  expect((await client.answer()).status).toBe(404);
  const rest = await client.stream.closed().catch(() => 'open');
  expect(['end', 'reset', 'open']).toContain(rest);
  expect(origins.prefix!.requests.some(({ target }) => target === '/smuggled')).toBe(false);
});

test('404 for HEAD has no body', async () => {
  using client = await RawClient.connect(komainu.port());
  expect(await client.ask(['HEAD / HTTP/1.1', 'Host: nobody.test'])).toMatchObject({ status: 404, text: '' });
  expect(await client.ask(['GET / HTTP/1.1', 'Host: a.test'])).toMatchObject({ status: 200, text: 'prefix' });
});

test('ready endpoints take turns, evenly', async () => {
  const counts = new Map<string, number>();
  for (let i = 0; i < 30; i++) {
    const { text } = await get(komainu.port(), 'round.test');
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  expect(Object.fromEntries(counts)).toEqual({ 'round-1': 10, 'round-2': 10, 'round-3': 10 });
});

test.each(['/a/../exact', '/./exact', '/%65xact', '/exact#', '//exact', '/a/%2e%2E/exact', '/a/..%2fexact'])(
  '%s is routed by the same path that is sent on, or refused',
  async (target) => {
    const answer = await ask(komainu.port(), [`GET ${target} HTTP/1.1`, 'Host: a.test']);
    if (answer.status === 400) return;
    expect(['exact', 'prefix']).toContain(answer.text);
    const seen = origins[answer.text as 'exact' | 'prefix']!.requests.at(-1)!;
    // Read plainly, by a reader that is not ours.
    const { pathname } = new URL(`http://a.test${seen.target}`);
    expect(answer.text).toBe(pathname === '/exact' ? 'exact' : 'prefix');
  },
);

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findProgram } from '../../bench/programs.ts';
import { documents, ingress, service } from '../support/manifests.ts';
import { http, type Serve } from '../support/origin.ts';
import { ProxiedServer, type proxiedServers } from '../support/proxied-server.ts';
import { ask, RawClient } from '../support/raw-client.ts';
import { type Scene, type Stage, startStage } from '../support/stage.ts';
import { waitUntil } from '../support/wait-until.ts';
import { line } from '../unit/data/listen/proxy-protocol/headers.ts';

const LIMIT = 3;

const settings = `
listeners:
  - { name: http, port: 0 }
  - { name: behind, port: 0, proxyProtocol: required, from: [127.0.0.0/8] }
`;

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(12, { settings, shards: 1, args: ['--upstream-connection-limit', String(LIMIT)] });
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

/** Reads the line of version 1, then serves; `headers` keeps what the lines said. */
const afterLine =
  (headers: string[]): Serve =>
  async (connection, index, origin) => {
    headers.push(await connection.stream.line());
    await http()(connection, index, origin);
  };

let hosts = 0;

/** A host of its own whose endpoints get PROXY headers. */
async function proxied(version: string, ports: readonly number[]): Promise<string> {
  const name = `proxied-${hosts++}`;
  const object = service(name, ports) as { metadata: { annotations: Record<string, string> } };
  object.metadata.annotations['komainu.dev/proxy-protocol'] = version;
  const host = `${name}.test`;
  await stage.komainu.write(`${name}.yaml`, documents(ingress(name, [{ host, service: name }]), object));
  await stage.komainu.routed(host);
  return host;
}

interface Behind {
  readonly scene: Scene;
  readonly host: string;
  readonly headers: string[];
  connect(): Promise<RawClient>;
}

async function behindLine(): Promise<Behind> {
  const headers: string[] = [];
  const scene = stage.take(afterLine(headers));
  return { scene, host: await proxied('v1', [scene.origin.port]), headers, connect: () => scene.connect() };
}

const get = (host: string, target = '/'): string[] => [`GET ${target} HTTP/1.1`, `Host: ${host}`];

test('each connection to the endpoint begins with the ends of its client', async () => {
  const { scene, host, headers, connect } = await behindLine();
  using client = await connect();
  expect((await client.ask(get(host, '/a'))).text).toBe('GET /a');
  expect(headers).toEqual([`PROXY TCP4 127.0.0.1 127.0.0.1 ${client.localPort} ${scene.port}`]);
});

test('a client goes on with its own connection, which no other client gets', async () => {
  const { scene, host, headers, connect } = await behindLine();
  using one = await connect();
  using two = await connect();
  for (let i = 0; i < 3; i++) {
    for (const client of [one, two]) expect((await client.ask(get(host, `/${client.localPort}`))).status).toBe(200);
  }
  expect(headers).toHaveLength(2);
  const portsOf = (connection: number) =>
    new Set(scene.origin.requests.filter((one) => one.connection === connection).map(({ target }) => target));
  expect([portsOf(0), portsOf(1)]).toEqual([new Set([`/${one.localPort}`]), new Set([`/${two.localPort}`])]);
});

test('a client that leaves takes its connection with it', async () => {
  const { scene, host, connect } = await behindLine();
  const client = await connect();
  await client.ask(get(host));
  expect(scene.origin.openConnections).toBe(1);
  client.end();
  await scene.origin.connections[0].stream.closed();
  await waitUntil('it is closed', () => scene.origin.openConnections === 0);
});

test('who idles makes room where the limit of connections is reached', async () => {
  const { scene, host, connect } = await behindLine();
  const clients: RawClient[] = [];
  for (let i = 0; i < 2 * LIMIT; i++) {
    const client = await connect();
    clients.push(client);
    expect((await client.ask(get(host))).status).toBe(200);
  }
  await waitUntil('the limit holds', () => scene.origin.openConnections <= LIMIT);
  for (const client of clients) expect((await client.ask(get(host))).status).toBe(200);
  for (const client of clients) client[Symbol.dispose]();
});

test('requests that wait for a connection get one of their own', async () => {
  const headers: string[] = [];
  const held: (() => void)[] = [];
  const scene = stage.take(async (connection, index, origin) => {
    headers.push(await connection.stream.line());
    await http((request, reply) => void held.push(() => reply.send(200, request.target)))(connection, index, origin);
  });
  const host = await proxied('v1', [scene.origin.port]);
  const answers = Array.from({ length: LIMIT + 2 }, (_, i) => ask(scene.port, get(host, `/${i}`)));
  await stage.komainu.until('two wait', async () => {
    return held.length === LIMIT && (await stage.komainu.metrics()).get('komainu_upstream_waiting') === 2;
  });
  for (let i = 0; i < LIMIT + 2; i++) {
    await waitUntil('a request has come', () => held.length > i);
    held[i]();
  }
  expect((await Promise.all(answers)).map(({ text }) => text).toSorted()).toEqual(['/0', '/1', '/2', '/3', '/4']);
  expect(new Set(headers).size).toBe(LIMIT + 2);
});

test('the connection of a client that has asked again already does not close under it when others wait', async () => {
  const held: (() => void)[] = [];
  const scene = stage.take(async (connection, index, origin) => {
    await connection.stream.line();
    await http((request, reply) => void held.push(() => reply.send(200, request.target)))(connection, index, origin);
  });
  const host = await proxied('v1', [scene.origin.port]);
  const busy = Array.from({ length: LIMIT - 1 }, (_, i) => ask(scene.port, get(host, `/busy-${i}`)));
  await waitUntil('they have come', () => held.length === LIMIT - 1);
  using client = await scene.connect();
  client.say(get(host, '/1'));
  client.say(get(host, '/2'));
  await waitUntil('the first has come', () => held.length === LIMIT);
  const other = ask(scene.port, get(host, '/other'));
  await stage.komainu.until('one waits', async () => {
    return (await stage.komainu.metrics()).get('komainu_upstream_waiting') === 1;
  });
  for (let i = LIMIT - 1; i < LIMIT + 2; i++) {
    await waitUntil('a request has come', () => held.length > i);
    held[i]();
  }
  expect([(await client.answer()).text, (await client.answer()).text]).toEqual(['/1', '/2']);
  expect((await other).text).toBe('/other');
  for (const answer of held.slice(0, LIMIT - 1)) answer();
  expect((await Promise.all(busy)).map(({ status }) => status)).toEqual(Array(LIMIT - 1).fill(200));
});

test('without a policy no header is sent, also to an endpoint that has one from another Service', async () => {
  const seen: string[] = [];
  const scene = stage.take(async ({ stream, socket }) => {
    for (;;) {
      const first = await stream.head();
      if (first === undefined) return void socket.end();
      seen.push(first.split('\r\n')[0]);
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    }
  });
  const host = await proxied('v1', [scene.origin.port]);
  using client = await scene.connect();
  for (let i = 0; i < 2; i++) {
    expect((await client.ask(get(scene.host, '/plain'))).status).toBe(200);
    expect((await client.ask(get(host, '/proxied'))).status).toBe(200);
  }
  const header = `PROXY TCP4 127.0.0.1 127.0.0.1 ${client.localPort} ${scene.port}`;
  // The second requests go out on the connections of the first ones.
  expect(seen).toEqual(['GET /plain HTTP/1.1', header, 'GET /plain HTTP/1.1', 'GET /proxied HTTP/1.1']);
});

describe.each(['nginx', 'haproxy'] as const)('to a real %s', (name: keyof typeof proxiedServers) => {
  const program = findProgram(name);
  if (program === undefined && process.env.CI !== 'true') {
    test.skip(`is not tested: ${name} is not installed`, () => {});
    return;
  }

  let server: ProxiedServer;
  beforeAll(async () => {
    server = await ProxiedServer.start(name, program as string);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each(['v1', 'v2'])('%s: it knows the client', async (version) => {
    const host = await proxied(version, [server.port]);
    const port = stage.komainu.port();
    using client = await RawClient.connect(port);
    for (let i = 0; i < 2; i++) {
      const { status, text } = await client.ask(get(host));
      expect([status, text]).toEqual([200, `127.0.0.1 ${client.localPort} 127.0.0.1 ${port}`]);
    }
  });

  test.each(['v1', 'v2'])('%s: IPv6 ends go on as they came in', async (version) => {
    const host = await proxied(version, [server.port]);
    using client = await RawClient.connect(stage.komainu.port('behind'));
    await client.write(line('PROXY TCP6 2001:db8::7 2001:db8::1 56324 8443'));
    const { status, text } = await client.ask(get(host));
    expect([status, text]).toEqual([200, '2001:db8::7 56324 2001:db8::1 8443']);
  });
});

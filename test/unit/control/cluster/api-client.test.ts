import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../../src/base/clock.ts';
import { type ApiStream, ApiUnreachable } from '../../../../src/control/cluster/api.ts';
import { type Cluster, connectCluster } from '../../../../src/control/cluster/connect-cluster.ts';
import { silentLog } from '../../../../src/observe/log.ts';
import { startFakeApi } from '../../../support/fake-api/fake-api.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { scratchDir, writeKubeconfig } from '../../../support/kubeconfig.ts';
import { waitUntil } from '../../../support/wait-until.ts';

const clusters: Cluster[] = [];
afterEach(async () => {
  await Promise.all(clusters.splice(0).map((cluster) => cluster.close()));
});

async function connect(server: string, clock = systemClock): Promise<Cluster> {
  const cluster = await connectCluster({ kubeconfig: writeKubeconfig({ server }, {}), log: silentLog, clock });
  clusters.push(cluster);
  return cluster;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const list = { method: 'GET', path: '/api/v1/services' } as const;

async function textOf({ chunks }: ApiStream): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

/** A server of raw bytes: `answer` is asked with the number of the connection and of the request on it. */
async function rawServer(answer: (connection: number, request: number, socket: Socket) => void) {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const connection = ++connections;
    let requests = 0;
    sockets.add(socket);
    socket.on('error', () => {}).on('data', () => answer(connection, ++requests, socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const good = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';

test('calls one after the other share a connection', async () => {
  await using fake = await startFakeApi();
  const cluster = await connect(fake.url);
  for (let i = 0; i < 5; i++) expect((await cluster.call(list)).status).toBe(200);
  expect(fake.mostConnections).toBe(1);
});

test('each stream has a connection of its own, and a call beside them too', async () => {
  await using fake = await startFakeApi();
  const cluster = await connect(fake.url);
  const watch = { ...list, query: { watch: '1' } };
  const streams = [await cluster.stream(watch), await cluster.stream(watch)];
  await cluster.call(list);
  expect(fake.openConnections).toBe(3);
  for (const { chunks } of streams) await (chunks as AsyncGenerator<Buffer>).return(undefined);
});

test('a stream is told as it comes, and leaving it closes its connection', async () => {
  await using fake = await startFakeApi();
  fake.put({ kind: 'Service', metadata: { name: 'a' } });
  const cluster = await connect(fake.url);
  const { status, chunks } = await cluster.stream({ ...list, query: { watch: '1' } });
  expect(status).toBe(200);
  for await (const chunk of chunks) {
    expect(JSON.parse(chunk.toString())).toMatchObject({ type: 'ADDED' });
    break;
  }
  await waitUntil('the connection is closed', () => fake.openConnections === 0);
});

test('the caller’s signal ends a stream, read or not, and closes its connection', async () => {
  await using fake = await startFakeApi();
  const cluster = await connect(fake.url);
  const stop = new AbortController();
  const query = { watch: '1' };
  const read = await cluster.stream({ ...list, query, signal: stop.signal });
  await cluster.stream({ ...list, query, signal: stop.signal });
  expect(fake.openConnections).toBe(2);
  const reading = textOf(read);
  stop.abort();
  await expect(reading).rejects.toThrow(ApiUnreachable);
  await waitUntil('the connections are closed', () => fake.openConnections === 0);
});

test('a call whose time is up rejects and closes its connection', async () => {
  await using fake = await startFakeApi();
  fake.fault({ on: 'list', misdeed: { do: 'hang' } });
  const clock = new HandClock();
  const cluster = await connect(fake.url, clock);
  const call = cluster.call({ ...list, timeoutMs: 5000 });
  await waitUntil('the request is there', () => fake.requests.length === 1);
  clock.advance(5000);
  await expect(call).rejects.toThrow('GET /api/v1/services: no answer in time');
  await waitUntil('the connection is closed', () => fake.openConnections === 0);
});

test('a credential plugin that does not end holds up neither a call beyond its time nor the end', async () => {
  const clock = new HandClock();
  const dir = scratchDir();
  const pidFile = join(dir, 'pid');
  writeFileSync(join(dir, 'plugin'), `#!/bin/sh\necho $$ > ${pidFile}\nexec sleep 600\n`, { mode: 0o755 });
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin' };
  const kubeconfig = writeKubeconfig({ server: 'http://127.0.0.1:1' }, { exec }, dir);
  const cluster = await connectCluster({ kubeconfig, log: silentLog, clock });
  const call = cluster.call({ ...list, timeoutMs: 5000 }).catch(String);
  await waitUntil('the plugin runs', () => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '');
  clock.advance(5000);
  expect(await call).toContain('no answer in time');
  const stop = new AbortController();
  const stopped = cluster.stream({ ...list, signal: stop.signal }).catch(String);
  stop.abort();
  expect(await stopped).toContain('stopped by us');
  await cluster.close();
  const pid = Number(readFileSync(pidFile, 'utf8'));
  await waitUntil('the plugin is gone', () => !isRunning(pid));
});

test('the time of a stream ends with the head of its answer', async () => {
  await using fake = await startFakeApi();
  const clock = new HandClock();
  const cluster = await connect(fake.url, clock);
  const { chunks } = await cluster.stream({ ...list, query: { watch: '1' }, timeoutMs: 5000 });
  clock.advance(60_000);
  fake.put({ kind: 'Service', metadata: { name: 'a' } });
  for await (const chunk of chunks) {
    expect(chunk.toString()).toContain('ADDED');
    break;
  }
});

test('refusals are answers, with the pause that the server asks for', async () => {
  await using fake = await startFakeApi();
  fake.fault({ on: 'any', misdeed: { do: 'answer', status: 429, retryAfterSeconds: 7 } });
  const cluster = await connect(fake.url);
  expect(await cluster.call(list)).toMatchObject({
    status: 429,
    retryAfterMs: 7000,
    body: { reason: 'TooManyRequests' },
  });
  expect(await cluster.stream(list)).toMatchObject({ status: 429, retryAfterMs: 7000 });
});

test('an answer that is no JSON has no body', async () => {
  await using fake = await startFakeApi();
  const cluster = await connect(fake.url);
  expect(await cluster.call({ method: 'GET', path: '/api/v1/nothing' })).toEqual({
    status: 404,
    body: undefined,
    retryAfterMs: undefined,
  });
});

test('writes send JSON of the type that was asked for', async () => {
  await using fake = await startFakeApi();
  fake.put({ kind: 'Service', metadata: { name: 'a' } });
  const cluster = await connect(fake.url);
  const path = '/api/v1/namespaces/default/services/a';
  const body = { metadata: { labels: { x: 'ü' } } };
  await cluster.call({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' });
  expect(fake.requests.at(-1)).toMatchObject({ body, headers: { 'content-type': 'application/merge-patch+json' } });
  expect(fake.get('Service', 'a')?.metadata.labels).toEqual({ x: 'ü' });
});

test('a path in the server’s address stands before the API’s own', async () => {
  await using server = await rawServer((_connection, _request, socket) => socket.end(good));
  const cluster = await connect(`${server.url}/k8s/clusters/one/`);
  expect(cluster.server).toBe(`${server.url}/k8s/clusters/one`);
  expect((await cluster.call(list)).status).toBe(200);
});

test('a reading call on a connection that the server just closed is sent once more', async () => {
  await using server = await rawServer((connection, request, socket) => {
    if (connection === 1 && request === 2) socket.destroy();
    else socket.write(good);
  });
  const cluster = await connect(server.url);
  await cluster.call(list);
  expect((await cluster.call(list)).status).toBe(200);
  expect(server.connections()).toBe(2);
});

test('a writing call is not sent again: it may have been carried out', async () => {
  await using server = await rawServer((connection, request, socket) => {
    if (connection === 1 && request === 2) socket.destroy();
    else socket.write(good);
  });
  const cluster = await connect(server.url);
  await cluster.call(list);
  await expect(cluster.call({ ...list, method: 'POST', body: {} })).rejects.toThrow(ApiUnreachable);
  expect(server.connections()).toBe(1);
});

test('a new connection that is closed without an answer is not tried again by itself', async () => {
  await using server = await rawServer((_connection, _request, socket) => socket.destroy());
  const cluster = await connect(server.url);
  await expect(cluster.call(list)).rejects.toThrow(ApiUnreachable);
  expect(server.connections()).toBe(1);
});

test('an answer that is cut rejects, and the next call has a new connection', async () => {
  await using fake = await startFakeApi();
  fake.put({ kind: 'Service', metadata: { name: 'a' } });
  fake.fault({ on: 'list', times: 1, misdeed: { do: 'cut', afterBytes: 20 } });
  const cluster = await connect(fake.url);
  await expect(cluster.call(list)).rejects.toThrow(ApiUnreachable);
  expect((await cluster.call(list)).status).toBe(200);
});

test('a server that is not there is named in the error, also with several addresses', async () => {
  await using fake = await startFakeApi();
  await fake.down();
  const cluster = await connect(fake.url);
  await expect(cluster.call(list)).rejects.toThrow(/^GET \/api\/v1\/services: connect ECONNREFUSED 127\.0\.0\.1:\d+$/);
  const named = await connect(fake.url.replace('127.0.0.1', 'localhost'));
  await expect(named.call(list)).rejects.toThrow(/ECONNREFUSED/);
});

test('a hundred calls in trouble leave nothing open behind', async () => {
  await using fake = await startFakeApi();
  const cluster = await connect(fake.url);
  fake.fault({ on: 'any', times: 50, misdeed: { do: 'cut' } });
  fake.fault({ on: 'any', times: 50, misdeed: { do: 'answer', status: 500 } });
  await Promise.allSettled(Array.from({ length: 100 }, () => cluster.call(list)));
  expect((await cluster.call(list)).status).toBe(200);
  await waitUntil('few connections', () => fake.openConnections <= 4, { state: () => fake.openConnections });
});

test('a closed cluster refuses calls and has no connection', async () => {
  await using fake = await startFakeApi();
  const cluster = await connect(fake.url);
  await cluster.call(list);
  const { chunks } = await cluster.stream({ ...list, query: { watch: '1' } });
  await cluster.close();
  await expect(textOf({ status: 200, retryAfterMs: undefined, chunks })).rejects.toThrow(ApiUnreachable);
  await expect(cluster.call(list)).rejects.toThrow(ApiUnreachable);
  await waitUntil('no connection', () => fake.openConnections === 0);
});

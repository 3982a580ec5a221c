import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { http, type SeenConnection, type Serve } from '../support/origin.ts';
import type { RawClient } from '../support/raw-client.ts';
import { type Scene, type Stage, startStage } from '../support/stage.ts';
import { waitUntil } from '../support/wait-until.ts';
import { frame, opcode } from '../support/web-socket-frames.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(40);
});
afterEach(() => expect(stage.faults()).toEqual([]));
afterAll(() => stage[Symbol.asyncDispose]());

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\nX-Chat: 1\r\n\r\n';

/** Switches, then does what the script says with the bytes. */
const switching =
  (script: (connection: SeenConnection, head: string) => Promise<void>): Serve =>
  async (connection) => {
    const head = await connection.stream.head();
    if (head === undefined) return;
    connection.socket.write(SWITCH);
    await script(connection, head);
  };

const lines = (host: string): string[] => [
  'GET /chat HTTP/1.1',
  `Host: ${host}`,
  'Connection: Upgrade',
  'Upgrade: chat',
];

async function open({ host, connect }: Scene): Promise<RawClient> {
  const client = await connect();
  const answer = await client.ask([...lines(host), 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']);
  expect(answer.status).toBe(101);
  expect(answer.header('Upgrade')).toBe('chat');
  expect(answer.header('Connection')?.toLowerCase()).toBe('upgrade');
  expect(answer.header('X-Chat')).toBe('1');
  return client;
}

test('after 101 bytes flow both ways, in any order', async () => {
  const scene = stage.take(
    switching(async ({ stream, socket }, head) => {
      expect(head).toContain('Upgrade: chat\r\n');
      expect(head.toLowerCase()).toContain('connection: upgrade\r\n');
      expect(head).toContain('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n');
      socket.write('first from the origin');
      for (let some = await stream.some(); some !== undefined; some = await stream.some()) socket.write(some);
      socket.end();
    }),
  );
  using client = await open(scene);
  expect((await client.stream.exactly(21)).toString()).toBe('first from the origin');
  for (const text of ['a', '\0\r\n\r\n\xff', 'GET / HTTP/1.1\r\n\r\n']) {
    await client.write(text);
    expect((await client.stream.exactly(text.length)).toString('latin1')).toBe(text);
  }
});

test('16 MiB pass through a tunnel unharmed', { timeout: 60_000 }, async () => {
  const scene = stage.take(
    switching(async ({ stream, socket }) => {
      for (let some = await stream.some(); some !== undefined; some = await stream.some()) socket.write(some);
      socket.end();
    }),
  );
  using client = await open(scene);
  const bytes = randomBytes(16 * 1024 * 1024);
  const written = client.write(bytes);
  const back = await client.stream.exactly(bytes.length);
  await written;
  expect(back.equals(bytes)).toBe(true);
});

test('bytes that the client sent right behind its head are not lost', async () => {
  const scene = stage.take(switching(async ({ stream, socket }) => void socket.write(await stream.exactly(5))));
  using client = await scene.connect();
  client.say(lines(scene.host), 'early');
  expect((await client.head()).status).toBe(101);
  expect((await client.stream.exactly(5)).toString()).toBe('early');
});

test('however much the client sends early, nothing of it reaches the origin before its 101', async () => {
  const asked = Promise.withResolvers<number>();
  const goOn = Promise.withResolvers<void>();
  const bytes = randomBytes(1024 * 1024);
  const scene = stage.take(async ({ stream, socket }) => {
    const head = await stream.head();
    asked.resolve(head!.length);
    await goOn.promise;
    expect(socket.bytesRead).toBe(head!.length);
    socket.write(SWITCH);
    const come = await stream.exactly(bytes.length);
    socket.end(String(come.equals(bytes)));
  });
  using client = await scene.connect();
  client.say(lines(scene.host), bytes);
  await asked.promise;
  // Another client is answered meanwhile: what would go on has gone on.
  expect((await stage.take().get()).status).toBe(200);
  goOn.resolve();
  expect((await client.head()).status).toBe(101);
  expect((await client.stream.toEnd()).toString()).toBe('true');
});

test('a request behind an upgrade that the origin declines is a request', async () => {
  const scene = stage.take(http(({ target }, reply) => reply.send(target === '/chat' ? 426 : 200, target)));
  using client = await scene.connect();
  client.say(lines(scene.host), `GET /next HTTP/1.1\r\nHost: ${scene.host}\r\n\r\n`);
  expect(await client.answer()).toMatchObject({ status: 426, text: '/chat' });
  expect(await client.answer()).toMatchObject({ status: 200, text: '/next' });
  expect(scene.origin.requests.map(({ connection }) => connection)).toEqual([0, 1]);
});

test('bytes of the other protocol behind an upgrade that the origin declines reach nobody', async () => {
  const scene = stage.take(http((_, reply) => reply.send(426, 'no')));
  using client = await scene.connect();
  client.say(lines(scene.host), frame(opcode.text, 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'));
  expect(await client.answer()).toMatchObject({ status: 426 });
  expect(await client.answer()).toMatchObject({ status: 400 });
  expect(await client.closed()).toBe('end');
  const [connection] = scene.origin.connections;
  await waitUntil('the origin connection is closed', () => !connection.open);
  expect(connection.socket.bytesRead).toBe(scene.origin.request.raw.length);
});

test.each(['websocket', 'WebSocket', 'IRC/6.9, RTA/x11', 'x!#$%&*+-.^_`|~'])(
  'any protocol that the origin accepts is spoken: %s',
  async (protocol) => {
    const scene = stage.take(async ({ stream, socket }) => {
      const head = await stream.head();
      socket.write(`HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
      socket.end(head?.includes(`\r\nUpgrade: ${protocol}\r\n`) ? await stream.exactly(4) : 'not asked');
    });
    using client = await scene.connect();
    client.say(['GET / HTTP/1.1', `Host: ${scene.host}`, 'Connection: upgrade', `Upgrade: ${protocol}`], 'ping');
    expect((await client.head()).status).toBe(101);
    expect((await client.stream.toEnd()).toString()).toBe('ping');
  },
);

test('bytes that the origin sent right behind its 101 are not lost', async () => {
  const scene = stage.take(async ({ stream, socket }) => {
    await stream.head();
    socket.write(`${SWITCH}at once`);
  });
  using client = await open(scene);
  expect((await client.stream.exactly(7)).toString()).toBe('at once');
});

test('a client that ends its direction of a tunnel still hears the origin', async () => {
  const scene = stage.take(
    switching(async ({ stream, socket }) => {
      const all = await stream.toEnd();
      socket.end(`heard ${all.toString()}`);
    }),
  );
  using client = await open(scene);
  await client.write('everything');
  client.end();
  expect((await client.stream.toEnd()).toString()).toBe('heard everything');
  await waitUntil('the origin connection is closed', () => scene.origin.openConnections === 0);
});

test('an origin that ends its direction of a tunnel still hears the client', async () => {
  const heard: string[] = [];
  const scene = stage.take(
    switching(async ({ stream, socket }) => {
      socket.end('goodbye');
      heard.push((await stream.toEnd()).toString());
    }),
  );
  using client = await open(scene);
  expect((await client.stream.toEnd()).toString()).toBe('goodbye');
  await client.write('last words');
  client.end();
  await waitUntil('the origin heard the client', () => heard.length === 1);
  expect(heard).toEqual(['last words']);
  await waitUntil('the origin connection is closed', () => scene.origin.openConnections === 0);
});

test('a tunnel that both sides have ended counts once, and as no failure', async () => {
  await using own = await startStage(2, { shards: 1 });
  for (const first of ['client', 'origin']) {
    const scene = own.take(
      switching(async ({ stream, socket }) => {
        if (first === 'client') await stream.toEnd();
        socket.end();
      }),
    );
    using client = await open(scene);
    if (first === 'origin') await client.stream.toEnd();
    client.end();
    await client.stream.toEnd();
  }
  await own.komainu.until('no connection is open', async () =>
    [...(await own.komainu.metrics())].every(([name, count]) => !name.endsWith('_connections_open') || count === 0),
  );
  const metrics = await own.komainu.metrics();
  expect(metrics.get('komainu_requests_active')).toBe(0);
  expect([...metrics].filter(([name, count]) => name.startsWith('komainu_failures') && count > 0)).toEqual([]);
});

test('a client that resets its tunnel frees the origin connection', async () => {
  const scene = stage.take(switching(async ({ stream }) => void (await stream.closed())));
  const client = await open(scene);
  client.reset();
  await waitUntil('the origin connection is closed', () => scene.origin.openConnections === 0);
});

test('an origin that resets its tunnel ends the client connection', async () => {
  const scene = stage.take(
    switching(async ({ stream, socket }) => {
      await stream.exactly(2);
      socket.resetAndDestroy();
    }),
  );
  using client = await open(scene);
  await client.write('go');
  await client.closed();
});

test('an answer other than 101 to an upgrade is an answer, and the client goes on, on another upstream connection', async () => {
  const scene = stage.take(
    http(({ header, target }, reply) => reply.send(header('Upgrade') ? 426 : 200, `no ${target}`)),
  );
  using client = await scene.connect();
  expect(await client.ask(lines(scene.host))).toMatchObject({ status: 426, text: 'no /chat' });
  const after = await client.ask(['GET /after HTTP/1.1', `Host: ${scene.host}`]);
  expect(after).toMatchObject({ status: 200, text: 'no /after' });
  expect(scene.origin.connections).toHaveLength(2);
});

test('101 that nobody asked for is 502', async () => {
  const scene = stage.take(switching(async ({ stream }) => void (await stream.closed())));
  expect(await scene.get()).toMatchObject({ status: 502 });
});

test('Upgrade without Connection: upgrade is not passed on', async () => {
  const { ask, origin } = stage.take();
  expect(await ask(['GET / HTTP/1.1', 'Upgrade: chat'])).toMatchObject({ status: 200 });
  expect(origin.request.header('Upgrade')).toBeUndefined();
});

test.each(['h2c', 'H2C', 'h2c, websocket', 'websocket, h2c', 'HTTP/2.0', 'TLS/1.2'])(
  '%s is not passed on: behind it requests would go unjudged',
  async (named) => {
    const { ask, origin } = stage.take();
    const settings = 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA';
    const lines = ['GET / HTTP/1.1', 'Connection: Upgrade, HTTP2-Settings', `Upgrade: ${named}`, settings];
    expect(await ask(lines)).toMatchObject({ status: 200 });
    expect(origin.request.header('Upgrade')).toBeUndefined();
    expect(origin.request.header('HTTP2-Settings')).toBeUndefined();
  },
);

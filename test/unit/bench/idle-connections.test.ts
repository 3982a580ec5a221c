import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { IdleConnections } from '../../../bench/idle-connections.ts';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('each connection is asked once, stays open, and is counted when it is lost', async () => {
  const open = new Set<Socket>();
  let requests = 0;
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('data', () => {
      requests += 1;
      socket.write(ok);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const idle = new IdleConnections();
  try {
    await idle.open(`http://127.0.0.1:${(server.address() as { port: number }).port}/`, 50);
    expect([open.size, requests, idle.lost]).toEqual([50, 50, 0]);
    const [first] = open;
    first?.destroy();
    await expect.poll(() => idle.lost).toBe(1);
  } finally {
    idle.close();
    server.close();
  }
});

test('a connection that gets no answer is said', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const idle = new IdleConnections();
  const opened = idle.open(`http://127.0.0.1:${(server.address() as { port: number }).port}/`, 3);
  await expect(opened).rejects.toThrow('got no 200');
  idle.close();
  server.close();
});

/** Two threads, each with an object that nobody holds; they say so when it is gone. */
const threads = `
  const { isMainThread, Worker } = require('node:worker_threads');
  const name = isMainThread ? 'main' : 'shard';
  globalThis.registry = new FinalizationRegistry(() => console.log(name));
  registry.register({}, 0);
  setInterval(() => {}, 1000);
  if (isMainThread) new Worker(process.argv[1], { eval: true, argv: process.argv }).once('online', () => console.log('ready'));
`;

test('SIGUSR2 collects the garbage of every thread', async () => {
  const preload = join(import.meta.dirname, '../../../bench/collect-garbage.mjs');
  const child = spawn(process.execPath, ['--import', preload, '-e', threads, threads], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
  });
  try {
    await expect.poll(() => lines, { timeout: 20_000 }).toContain('ready');
    const collected = () => {
      child.kill('SIGUSR2');
      return lines;
    };
    await expect.poll(collected, { timeout: 20_000 }).toEqual(expect.arrayContaining(['main', 'shard']));
  } finally {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
});

import { createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { parseOpenLoopReport, reportOf } from '../../../bench/open-loop-report.ts';
import { PacedLoad, type PacedPlan } from '../../../bench/paced-load.ts';

const request = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A server that hands the `n`th request (from 0) of all its connections to `answer`. */
async function staged<T>(answer: (socket: Socket, n: number) => void, run: (port: number) => Promise<T>): Promise<T> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      for (let at = 0; at < bytes.length; at += request.length) answer(socket, count++);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await run((server.address() as { port: number }).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

const loaded = (port: number, plan: Partial<PacedPlan> = {}) =>
  new PacedLoad({
    host: '127.0.0.1',
    port,
    request,
    rate: 1000,
    total: 20,
    uncounted: 0,
    connections: 4,
    ...plan,
  }).run();

test('every request is sent and its latency told', async () => {
  const outcome = await staged(
    (socket) => socket.write(ok),
    (port) => loaded(port),
  );
  expect(outcome.errors).toBe(0);
  expect(outcome.latenciesMs).toHaveLength(20);
  expect(outcome.latenciesMs.every((ms) => ms > 0)).toBe(true);
});

test('requests that had to wait behind a slow answer count from when they were due', async () => {
  const HELD_MS = 300;
  const answer = (socket: Socket, n: number) => {
    if (n === 0) setTimeout(() => socket.write(ok), HELD_MS);
    else socket.write(ok);
  };
  const { latenciesMs } = await staged(answer, (port) => loaded(port, { connections: 1 }));
  expect(latenciesMs).toHaveLength(20);
  expect(Math.min(...latenciesMs)).toBeGreaterThan(HELD_MS - 30); // the last was due 19 ms after the first
});

test('what comes before the measurement is sent and not counted', async () => {
  const outcome = await staged(
    (socket) => socket.write(ok),
    (port) => loaded(port, { uncounted: 15 }),
  );
  expect(outcome).toMatchObject({ errors: 0 });
  expect(outcome.latenciesMs).toHaveLength(5);
});

test('another status and a connection that ends are errors, and the others go on', async () => {
  const answer = (socket: Socket, n: number) => {
    if (n === 3) socket.write(ok.replace('200', '500'));
    else if (n === 7) socket.destroy();
    else socket.write(ok);
  };
  const outcome = await staged(answer, (port) => loaded(port, { connections: 1 }));
  expect(outcome.errors).toBe(2);
  expect(outcome.latenciesMs).toHaveLength(18);
});

test('a server that is not there is said', async () => {
  const port = await staged(
    () => {},
    async (open) => open,
  );
  await expect(loaded(port)).rejects.toThrow('only 0 of 4 connections');
});

test('a report survives its way through a pipe', () => {
  const report = reportOf({ latenciesMs: new Float64Array([3, 1, 2, 100]), errors: 5 });
  expect(report).toEqual({ answered: 4, errors: 5, p50Us: 2000, p99Us: 100_000, p999Us: 100_000, longestUs: 100_000 });
  expect(parseOpenLoopReport(JSON.stringify(report))).toEqual(report);
});

test('nothing answered is no report, and half a report is none', () => {
  expect(() => reportOf({ latenciesMs: new Float64Array(0), errors: 9 })).toThrow('none of 9 requests');
  expect(() => parseOpenLoopReport('{"answered":1,"errors":0}')).toThrow('not a report');
});

import { expect, test } from 'vitest';
import { Fleet, type Running } from '../../../bench/fleet.ts';
import { isAlive, readTree } from '../../../bench/processes.ts';
import { startOnFreePort } from '../../../bench/ready.ts';

const node = process.execPath;

/** A parent that passes no signal on, with a child that ignores all it can; says `ready` when both stand. */
const stubborn = `
  const child = require('node:child_process').spawn(process.execPath, ['-e', \`
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => {});
    setInterval(() => {}, 1000);
    console.log('ready');
  \`], { stdio: 'inherit' });
  process.on('SIGTERM', () => process.exit(3));
`;

const ready = (line: string) => line === 'ready' || undefined;

async function startStubborn(fleet: Fleet): Promise<Running> {
  const running = fleet.start('stubborn', [node, '-e', stubborn]);
  await running.waitFor(ready, 30_000);
  return running;
}

test('the end of the fleet is the end of every process below it', async () => {
  const fleet = new Fleet();
  const tree = readTree((await startStubborn(fleet)).pid);
  expect(tree).toHaveLength(2);
  await fleet.endAll();
  await expect.poll(() => tree.filter(isAlive)).toEqual([]);
});

test('what runs now can be ended and something else started after it', async () => {
  const fleet = new Fleet();
  const first = await startStubborn(fleet);
  const tree = readTree(first.pid);
  await fleet.endPresent();
  expect(first.isEnded).toBe(true);
  await expect.poll(() => tree.filter(isAlive)).toEqual([]);
  const second = await startStubborn(fleet);
  await fleet.endAll();
  expect(second.isEnded).toBe(true);
});

test('killing at once needs no one to listen', async () => {
  const fleet = new Fleet();
  const running = await startStubborn(fleet);
  const tree = readTree(running.pid);
  fleet.killAll();
  expect(await running.ended).toBe('ended with SIGKILL');
  await expect.poll(() => tree.filter(isAlive)).toEqual([]);
});

test('nothing starts once the fleet ends', async () => {
  const fleet = new Fleet();
  await fleet.endAll();
  expect(() => fleet.start('late', [node, '-e', ''])).toThrow('late is not started');
});

test('a program that ends before it is ready gives its last words', async () => {
  const running = new Fleet().start('broken', [node, '-e', 'console.error("no such directive"); process.exit(7)']);
  await expect(running.waitFor(ready, 30_000)).rejects.toThrow(/^broken ended with 7; it wrote:\nno such directive$/);
});

test('a program that does not exist is said, not thrown into the void', async () => {
  const running = new Fleet().start('missing', ['/nowhere/missing']);
  await expect(running.waitFor(ready, 30_000)).rejects.toThrow('ENOENT');
});

test('a port that somebody took in between is given up for another one', async () => {
  const fleet = new Fleet();
  const ports: number[] = [];
  const serve = (port: number) => `require('node:http').createServer((q, s) => s.end()).listen(${port}, '127.0.0.1')`;
  const started = await startOnFreePort((port) => {
    const code = ports.length === 0 ? 'console.error("Address already in use"); process.exit(1)' : serve(port);
    ports.push(port);
    return fleet.start('late', [node, '-e', code]);
  });
  expect(ports).toHaveLength(2);
  expect(started.url).toBe(`http://127.0.0.1:${ports[1]}/`);
  await fleet.endAll();
});

test('a program that ends for another reason is not started again', async () => {
  const fleet = new Fleet();
  let starts = 0;
  const started = startOnFreePort(() => {
    starts += 1;
    return fleet.start('broken', [node, '-e', 'console.error("bad configuration"); process.exit(1)']);
  });
  await expect(started).rejects.toThrow('bad configuration');
  expect(starts).toBe(1);
});

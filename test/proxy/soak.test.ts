import { expect, test } from 'vitest';
import { newSeed, seededDice } from '../support/dice.ts';
import { type Asked, flood } from '../support/flood.ts';
import { type FloodOrigins, floodBody, floodEcho, startFloodOrigins } from '../support/flood-origins.ts';
import { startForked } from '../support/forked.ts';
import { documents, ingress, service } from '../support/manifests.ts';
import { type Komainu, startKomainu } from '../support/start-komainu.ts';
import { WebSocketLanes } from '../support/web-socket-lanes.ts';

/** A million take about a minute on two cores, load and origins included. */
const REQUESTS = Number(process.env.KOMAINU_SOAK_REQUESTS ?? 1_000_000);
const CHANGE_EVERY_MS = 50;
const UNTOUCHED = 40;
const CHANGING = 20;
const WEB_SOCKETS = 200;
const socketHosts = Array.from({ length: 10 }, (_, i) => `sockets-${i}.test`);
const names = ['o0', 'o1', 'o2', 'o3', 'o4', 'o5'];
/** Takes what a changing route does not take while it is not there. */
const FALLBACK = 'fallback';

/** Untouched routes: one origin each, or two that take turns. */
const originsOf = (i: number): readonly string[] =>
  i % 4 === 0 ? [names[i % 3], names[3 + (i % 3)]] : [names[i % names.length]];
/** A changing route goes to one of these at a time, or is not there. */
const choicesOf = (i: number): readonly string[] => [names[i % names.length], names[(i + 1) % names.length]];

const changingHost = (i: number): string => `c${i}.changing.test`;
const stableHost = (i: number): string => (i % 10 === 9 ? `x${i}.wild.test` : `stable-${i}.test`);

function untouched(origins: FloodOrigins, order: (limit: number) => number): string {
  const objects = Array.from({ length: UNTOUCHED }, (_, i) => {
    const host = i % 10 === 9 ? '*.wild.test' : stableHost(i);
    const path = i % 10 === 9 ? `/w${i}` : '/';
    const name = `stable-${i}`;
    return [
      ingress(name, [{ host, path, service: name }]),
      service(
        name,
        originsOf(i).map((one) => origins.port(one)),
      ),
    ];
  }).flat();
  objects.push(
    ingress('fallback', [{ host: '*.changing.test', service: 'fallback' }]),
    service('fallback', [origins.port(FALLBACK)]),
  );
  for (let i = objects.length - 1; i > 0; i--) {
    const j = order(i + 1);
    [objects[i], objects[j]] = [objects[j], objects[i]];
  }
  return documents(...objects);
}

const changing = (i: number, origin: number): string =>
  documents(
    ingress(`changing-${i}`, [
      { host: changingHost(i), service: `changing-${i}` },
      { host: `stable-${i}.test`, path: `/own-${i}`, service: `changing-${i}` },
    ]),
    service(`changing-${i}`, [origin]),
  );

/** The routes that the WebSockets came by. They are needed no more once those are open, and come and go with the others. */
const sockets = (port: number): string =>
  documents(
    ingress(
      'sockets',
      socketHosts.map((host) => ({ host, service: 'sockets' })),
    ),
    service('sockets', [port]),
  );

/** Changes the folder 20 times a second until it is told to stop; returns how often it did. */
async function keepChanging(
  komainu: Komainu,
  origins: FloodOrigins,
  socketPort: number,
  dice: (limit: number) => number,
  stop: AbortSignal,
): Promise<number> {
  const there = new Set<number>();
  let socketsThere = true;
  const began = performance.now();
  let changes = 0;
  for (; !stop.aborted; changes++) {
    const i = dice(CHANGING);
    const kind = dice(20);
    if (kind === 0) {
      if (socketsThere) await komainu.remove('sockets.yaml');
      else await komainu.write('sockets.yaml', sockets(socketPort));
      socketsThere = !socketsThere;
    } else if (kind < 3) await komainu.write('untouched.yaml', untouched(origins, dice));
    else if (kind < 8 && there.delete(i)) await komainu.remove(`changing-${i}.yaml`);
    else {
      there.add(i);
      await komainu.write(`changing-${i}.yaml`, changing(i, origins.port(choicesOf(i)[dice(2)])));
    }
    const dueMs = began + (changes + 1) * CHANGE_EVERY_MS;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
  }
  return changes;
}

/** Nine of ten ask an untouched route, one a changing one; one of eight is a POST. */
function askFor(n: number, dice: (limit: number) => number, count: { fallback: number }): Asked {
  const changes = dice(10) === 0;
  const i = dice(changes ? CHANGING : UNTOUCHED);
  const host = changes ? changingHost(i) : stableHost(i);
  const target = `${!changes && i % 10 === 9 ? `/w${i}` : ''}/r${n}`;
  const allowed = changes ? [...choicesOf(i), FALLBACK] : originsOf(i);
  const post = n % 8 === 0 ? `body of ${n} `.repeat(1 + dice(40)) : undefined;
  const right = allowed.map((name) => (post === undefined ? floodBody(name, target) : floodEcho(name, post)));
  const head = `${post === undefined ? 'GET' : 'POST'} ${target} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: flood\r\n`;
  return {
    method: post === undefined ? 'GET' : 'POST',
    bytes: post === undefined ? `${head}\r\n` : `${head}Content-Length: ${post.length}\r\n\r\n${post}`,
    judge: (status, body) => {
      if (status !== 200) return `status ${status}`;
      if (body.startsWith(FALLBACK)) count.fallback++;
      return right.includes(body) ? undefined : `answered by the wrong one: ${JSON.stringify(body.slice(0, 60))}`;
    },
  };
}

test(`${REQUESTS} requests and ${WEB_SOCKETS} WebSockets while the folder changes 20 times a second: nothing is lost`, {
  timeout: 1_800_000,
}, async () => {
  const seed = newSeed();
  const dice = seededDice(seed);
  await using origins = await startFloodOrigins([...names, FALLBACK]);
  await using socketOrigin = await startForked<number>('web-socket-origin.mjs');
  await using komainu = await startKomainu({
    manifests: { 'untouched.yaml': untouched(origins, dice), 'sockets.yaml': sockets(socketOrigin.ready) },
  });
  const lanes = await WebSocketLanes.open(komainu.port(), socketHosts, WEB_SOCKETS, seed + 2);
  const stop = new AbortController();
  const changing = keepChanging(komainu, origins, socketOrigin.ready, seededDice(seed + 1), stop.signal);
  const count = { fallback: 0 };
  const report = await flood({
    port: komainu.port(),
    total: REQUESTS,
    lanes: 48,
    freshEvery: 10,
    ask: (n) => askFor(n, dice, count),
  });
  stop.abort();
  const changes = await changing;
  const webSockets = await lanes.stop();
  const metrics = await komainu.metrics();
  const seconds = report.elapsedMs / 1000;
  const figures = {
    seed,
    seconds: Math.round(seconds),
    perSecond: Math.round(REQUESTS / seconds),
    slowestMs: Math.round(report.slowestMs),
    changes,
    generations: metrics.get('komainu_generation_current'),
    residentMib: Math.round(komainu.residentBytes() / 2 ** 20),
    loadMicros: report.cpuMicrosPerRequest.toFixed(1),
    fallback: count.fallback,
    webSocketEchoes: webSockets.echoed,
    proxyMicros: ((1e6 * (metrics.get('process_cpu_seconds_total') ?? 0)) / REQUESTS).toFixed(1),
  };
  console.log('soak:', JSON.stringify(figures));

  expect(report.examples, `seed ${seed}`).toEqual([]);
  expect(report).toMatchObject({ answered: REQUESTS, resets: 0, wrong: 0, fresh: Math.ceil(REQUESTS / 10) });
  expect(webSockets).toMatchObject({ open: WEB_SOCKETS, closed: 0, wrong: 0 });
  expect(webSockets.echoed).toBeGreaterThan(WEB_SOCKETS * Math.floor(seconds / 4));
  expect(count.fallback).toBeGreaterThan(0);
  expect(changes / seconds).toBeGreaterThan(10);
  // Changes that fall into one quiet time are one generation.
  expect(metrics.get('komainu_generation_current')).toBeGreaterThan(changes / 10);
  const shards = await komainu.shards();
  expect(shards.map(({ restarts }) => restarts)).toEqual(shards.map(() => 0));
  expect(failuresIn(metrics)).toEqual([]);
});

const failuresIn = (metrics: ReadonlyMap<string, number>): readonly string[] =>
  [...metrics]
    .filter(([name, count]) => name.startsWith('komainu_failures_total') && count > 0)
    .map(([name, count]) => `${name} ${count}`);

import { expect, test } from 'vitest';
import { newSeed, seededDice } from '../support/dice.ts';
import { type Asked, flood } from '../support/flood.ts';
import { type FloodOrigins, floodBody, floodEcho, startFloodOrigins } from '../support/flood-origins.ts';
import { documents, ingress, service } from '../support/manifests.ts';
import { type Komainu, startKomainu } from '../support/start-komainu.ts';

/** A million take about a minute on two cores, load and origins included. */
const REQUESTS = Number(process.env.KOMAINU_SOAK_REQUESTS ?? 1_000_000);
const CHANGE_EVERY_MS = 50;
const UNTOUCHED = 40;
const CHANGING = 20;
const names = ['o0', 'o1', 'o2', 'o3', 'o4', 'o5'];

/** Untouched routes: one origin each, or two that take turns. */
const originsOf = (i: number): readonly string[] =>
  i % 4 === 0 ? [names[i % 3], names[3 + (i % 3)]] : [names[i % names.length]];
/** A changing route goes to one of these at a time, or is not there. */
const choicesOf = (i: number): readonly string[] => [names[i % names.length], names[(i + 1) % names.length]];

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
  for (let i = objects.length - 1; i > 0; i--) {
    const j = order(i + 1);
    [objects[i], objects[j]] = [objects[j], objects[i]];
  }
  return documents(...objects);
}

const changing = (i: number, origin: number): string =>
  documents(
    ingress(`changing-${i}`, [
      { host: `changing-${i}.test`, service: `changing-${i}` },
      { host: `stable-${i}.test`, path: `/own-${i}`, service: `changing-${i}` },
    ]),
    service(`changing-${i}`, [origin]),
  );

/** Changes the folder 20 times a second until it is told to stop; returns how often it did. */
async function keepChanging(
  komainu: Komainu,
  origins: FloodOrigins,
  dice: (limit: number) => number,
  stop: AbortSignal,
): Promise<number> {
  const there = new Set<number>();
  const began = performance.now();
  let changes = 0;
  for (; !stop.aborted; changes++) {
    const i = dice(CHANGING);
    const kind = dice(10);
    if (kind === 0) await komainu.write('untouched.yaml', untouched(origins, dice));
    else if (kind < 4 && there.delete(i)) await komainu.remove(`changing-${i}.yaml`);
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
function askFor(n: number, dice: (limit: number) => number): Asked {
  const changes = dice(10) === 0;
  const i = dice(changes ? CHANGING : UNTOUCHED);
  const host = changes ? `changing-${i}.test` : stableHost(i);
  const target = `${!changes && i % 10 === 9 ? `/w${i}` : ''}/r${n}`;
  const allowed = changes ? choicesOf(i) : originsOf(i);
  const post = n % 8 === 0 ? `body of ${n} `.repeat(1 + dice(40)) : undefined;
  const right = allowed.map((name) => (post === undefined ? floodBody(name, target) : floodEcho(name, post)));
  const head = `${post === undefined ? 'GET' : 'POST'} ${target} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: flood\r\n`;
  return {
    method: post === undefined ? 'GET' : 'POST',
    bytes: post === undefined ? `${head}\r\n` : `${head}Content-Length: ${post.length}\r\n\r\n${post}`,
    judge: (status, body) => {
      if (changes && status === 404) return undefined;
      if (status !== 200) return `status ${status}`;
      return right.includes(body) ? undefined : `answered by the wrong one: ${JSON.stringify(body.slice(0, 60))}`;
    },
  };
}

test(`${REQUESTS} requests while the folder changes 20 times a second: every one answered, by the right backend`, {
  timeout: 1_800_000,
}, async () => {
  const seed = newSeed();
  const dice = seededDice(seed);
  await using origins = await startFloodOrigins(names);
  await using komainu = await startKomainu({ manifests: { 'untouched.yaml': untouched(origins, dice) } });
  const stop = new AbortController();
  const changing = keepChanging(komainu, origins, seededDice(seed + 1), stop.signal);
  const report = await flood({
    port: komainu.port(),
    total: REQUESTS,
    lanes: 48,
    freshEvery: 10,
    ask: (n) => askFor(n, dice),
  });
  stop.abort();
  const changes = await changing;
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
    proxyMicros: ((1e6 * (metrics.get('process_cpu_seconds_total') ?? 0)) / REQUESTS).toFixed(1),
  };
  console.log('soak:', JSON.stringify(figures));

  expect(report.examples, `seed ${seed}`).toEqual([]);
  expect(report).toMatchObject({ answered: REQUESTS, resets: 0, wrong: 0, fresh: Math.ceil(REQUESTS / 10) });
  expect(changes / seconds).toBeGreaterThan(10);
  // Changes that fall into one quiet time are one generation.
  expect(metrics.get('komainu_generation_current')).toBeGreaterThan(changes / 10);
  const shards = await komainu.shards();
  expect(shards.map(({ restarts }) => restarts)).toEqual(shards.map(() => 0));
  expect(failuresIn(metrics)).toEqual([]);
});

/** Failures other than routes that were not there. */
const failuresIn = (metrics: ReadonlyMap<string, number>): readonly string[] =>
  [...metrics]
    .filter(
      ([name, count]) => name.startsWith('komainu_failures_total') && count > 0 && !name.includes('route-not-found'),
    )
    .map(([name, count]) => `${name} ${count}`);

import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type AbortReport, abortEnds, abortPhases, abortRequests } from '../support/aborting-clients.ts';
import { newSeed, seededDice } from '../support/dice.ts';
import { startForked } from '../support/forked.ts';
import { documents, ingress, service } from '../support/manifests.ts';
import { get } from '../support/raw-client.ts';
import { type Komainu, startKomainu } from '../support/start-komainu.ts';

const ABORTS = Number(process.env.KOMAINU_ABORTS ?? 100_000);
const WARM_UP = 10_000;
const ENDPOINTS = 4;
const HOST = 'fickle.test';
const MIB = 1024 * 1024;
/** Of 100,000 aborts: 168 bytes each. The heap's own pages and malloc's come and go by a few MiB. */
const TOLERANCE_BYTES = 16 * MIB;
/** The log file and the like may be open at one look and not at the other. */
const TOLERANCE_DESCRIPTORS = 2;

const shortTimes = [
  ...['--head-timeout-ms', '2000', '--idle-timeout-ms', '1000', '--body-timeout-ms', '2000'],
  ...['--answer-timeout-ms', '1000', '--upstream-idle-ms', '500', '--tunnel-idle-ms', '2000'],
  // So few that requests wait for a connection, and are aborted there too.
  ...['--upstream-connection-limit', '6'],
];

const manifests = (ports: readonly number[]): Record<string, string> => ({
  'fickle.yaml': documents(ingress('fickle', [{ host: HOST, service: 'fickle' }]), service('fickle', ports)),
});

const gauges = ['connections_open', 'requests_active', 'upstream_connections_open', 'upstream_waiting'];
const nothing = Object.fromEntries(gauges.map((name) => [name, 0]));

const gaugesOf = async (komainu: Komainu): Promise<Record<string, number | undefined>> => {
  const metrics = await komainu.metrics();
  return Object.fromEntries(gauges.map((name) => [name, metrics.get(`komainu_${name}`)]));
};

/** What the program holds when nothing is open any more and its garbage is collected. */
interface Rest {
  readonly descriptors: number;
  readonly residentBytes: number;
  /** Of each shard: what could wake its loop, timers and sockets among it, by kind. */
  readonly resources: readonly unknown[];
}

/** What the program is like when it is idle: the first look at which that is so, or the last one. */
async function restOf(komainu: Komainu, isIdle: (rest: Rest) => boolean): Promise<Rest> {
  const end = performance.now() + 30_000;
  let now = await gaugesOf(komainu);
  while (gauges.some((name) => now[name] !== 0) && performance.now() < end) now = await gaugesOf(komainu);
  expect(now).toEqual(nothing);
  for (;;) {
    const resources = await collectGarbage(komainu);
    const descriptors = readdirSync(`/proc/${komainu.pid}/fd`).length;
    const rest = { descriptors, residentBytes: komainu.residentBytes(), resources };
    if (isIdle(rest) || performance.now() > end) return rest;
  }
}

async function collectGarbage(komainu: Komainu): Promise<readonly unknown[]> {
  const threads = 1 + (await komainu.shards()).length;
  const told = komainu.events('garbage collected').length;
  komainu.signal('SIGUSR2');
  const lines = await komainu.until('every thread has collected its garbage', () => {
    const all = komainu.events('garbage collected');
    return all.length >= told + threads && all.slice(told);
  });
  const ofShards = lines.filter(({ thread }) => thread !== 0).sort((a, b) => Number(a.thread) - Number(b.thread));
  return ofShards.map(({ resources }) => resources);
}

const describeRest = ({ descriptors, residentBytes, resources }: Rest): string =>
  `${descriptors} descriptors, ${(residentBytes / MIB).toFixed(1)} MiB, ${JSON.stringify(resources)}`;

test(`${ABORTS} requests that client or origin ends at a random moment leave nothing behind`, {
  timeout: 900_000,
}, async () => {
  const seed = newSeed();
  const preload = new URL('../support/collect-garbage.mjs', import.meta.url);
  await using origins = await startForked<number[]>('fickle-origin.ts', [seed, ENDPOINTS].map(String));
  await using komainu = await startKomainu({
    manifests: manifests(origins.ready),
    args: shortTimes,
    env: { NODE_OPTIONS: `--import ${preload}` },
  });
  const abort = (total: number, seedOfRun: number): Promise<AbortReport> =>
    abortRequests({ port: komainu.port(), total, lanes: 64, host: HOST, dice: seededDice(seedOfRun) });

  const atFirst = JSON.stringify(await collectGarbage(komainu));
  await abort(WARM_UP, seed + 1);
  const before = await restOf(komainu, ({ resources }) => JSON.stringify(resources) === atFirst);
  const began = performance.now();
  const report = await abort(ABORTS, seed + 2);
  const seconds = Math.round((performance.now() - began) / 1000);
  const after = await restOf(
    komainu,
    ({ resources, residentBytes }) =>
      JSON.stringify(resources) === atFirst && residentBytes < before.residentBytes + TOLERANCE_BYTES / 2,
  );
  console.log(
    `aborts: seed ${seed}, ${ABORTS} in ${seconds} s, ${report.heard} had heard something; ` +
      `before: ${describeRest(before)}; after: ${describeRest(after)}`,
  );

  expect(Math.abs(after.descriptors - before.descriptors)).toBeLessThanOrEqual(TOLERANCE_DESCRIPTORS);
  expect(after.residentBytes - before.residentBytes).toBeLessThan(TOLERANCE_BYTES);
  expect(JSON.stringify(after.resources)).toBe(atFirst);
  // Every way to leave was taken.
  expect(report.left.size).toBe(abortPhases.length * abortEnds.length);
  expect((await komainu.shards()).map(({ restarts }) => restarts)).toEqual([0, 0]);
  await komainu.until('every endpoint serves again', () => servesAll(komainu, origins.ready));
});

/** No endpoint is left out for ever because the request that should have tried it was aborted. */
async function servesAll(komainu: Komainu, ports: readonly number[]): Promise<boolean> {
  const answers = await Promise.all(Array.from({ length: 4 * ENDPOINTS }, () => get(komainu.port(), HOST, '/good')));
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  return new Set(answers.map(({ text }) => text)).size === ports.length;
}

import { expect, test } from 'vitest';
import { newSeed, seededDice } from '../support/dice.ts';
import { type Asked, flood } from '../support/flood.ts';
import { startForked } from '../support/forked.ts';
import { documents, ingress, service } from '../support/manifests.ts';
import type { StaleReport } from '../support/stale-origin.ts';
import { startKomainu } from '../support/start-komainu.ts';

const REQUESTS = Number(process.env.KOMAINU_STALE_REQUESTS ?? 100_000);
/** One backend of a single endpoint, one of three. */
const ENDPOINTS = 4;
const hosts = ['single.test', 'several.test'];

const manifests = (ports: readonly number[]): Record<string, string> => ({
  'stale.yaml': documents(
    ingress(
      'stale',
      hosts.map((host) => ({ host, service: host.slice(0, -5) })),
    ),
    service('single', ports.slice(0, 1)),
    service('several', ports.slice(1)),
  ),
});

const isPost = (n: number): boolean => n % 3 === 0;

const safeMethods = ['GET', 'GET', 'GET', 'OPTIONS'];

/** Bodies of no bytes, some, and more than one read holds; one of four of them in chunks. */
function postBytes(n: number, host: string, dice: (limit: number) => number): string {
  const body = 'x'.repeat([0, 10, 3000, 20_000][dice(4)]);
  const head = `POST /${n} HTTP/1.1\r\nHost: ${host}\r\n`;
  if (dice(4) > 0 || body === '') return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  return `${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
}

/** A POST that was on its way when its connection closed is told so; nothing else may fail. */
function askFor(n: number, dice: (limit: number) => number, unsure: Set<number>): Asked {
  const host = hosts[dice(hosts.length)];
  const method = isPost(n) ? 'POST' : safeMethods[dice(safeMethods.length)];
  return {
    method,
    bytes: isPost(n) ? postBytes(n, host, dice) : `${method} /${n} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    judge: (status, body) => {
      if (isPost(n) && status === 502) return void unsure.add(n);
      return status === 200 && body === String(n) ? undefined : `status ${status}: ${body.slice(0, 60)}`;
    },
  };
}

test(`${REQUESTS} requests to backends that close connections at random: no safe one fails, no POST arrives twice`, {
  timeout: 600_000,
}, async () => {
  const seed = newSeed();
  const dice = seededDice(seed);
  const unsure = new Set<number>();
  await using origins = await startForked<number[]>('stale-origin.ts', [seed, ENDPOINTS, REQUESTS].map(String));
  await using komainu = await startKomainu({ manifests: manifests(origins.ready) });
  const report = await flood({
    port: komainu.port(),
    total: REQUESTS,
    lanes: 32,
    freshEvery: 100,
    ask: (n) => askFor(n, dice, unsure),
  });
  const metrics = await komainu.metrics();
  const seen = await origins.ask<StaleReport>('report');
  const delivered = Buffer.from(seen.delivered, 'base64');
  const numbers = Array.from(delivered, (times, n) => ({ n, times }));
  const figures = {
    seed,
    seconds: Math.round(report.elapsedMs / 1000),
    safeRequests: numbers.filter(({ n }) => !isPost(n)).length,
    posts: numbers.filter(({ n }) => isPost(n)).length,
    postsAnswered502: unsure.size,
    retries: metrics.get('komainu_retries_total'),
    closed: seen.closed,
  };
  console.log('stale connections:', JSON.stringify(figures));

  expect(report.examples, `seed ${seed}`).toEqual([]);
  expect(report).toMatchObject({ answered: REQUESTS, resets: 0, wrong: 0 });
  expect(numbers.filter(({ n, times }) => isPost(n) && times > 1)).toEqual([]);
  // What was answered arrived; a POST that was not answered may have.
  expect(numbers.filter(({ n, times }) => times === 0 && !unsure.has(n))).toEqual([]);
  expect(figures.retries).toBeGreaterThan(REQUESTS / 200);
  // Each way to close met a request or two.
  expect(Object.entries(seen.closed).filter(([, count]) => count < REQUESTS / 1000)).toEqual([]);
});

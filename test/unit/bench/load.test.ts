import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { countsBetween, readCounts, startBackend } from '../../../bench/backend.ts';
import { Fleet } from '../../../bench/fleet.ts';
import { runLoad, scriptOf } from '../../../bench/load.ts';
import { findProgram } from '../../../bench/programs.ts';
import { routesOf } from '../../../bench/routes.ts';
import { type Scenario, scenarios } from '../../../bench/scenarios.ts';

const named = (name: string) => scenarios.find((one) => one.name === name) as Scenario;

test('a scenario without a body tells wrk the method only', () => {
  expect(scriptOf(named('1k'))).toBe('wrk.method = "GET"\n');
});

test('a scenario with a body sends all of it', () => {
  expect(scriptOf(named('post'))).toContain('wrk.body = string.rep("komainu ", 2048)\n');
});

test('a scenario with a connection for each request says so in the request', () => {
  expect(scriptOf(named('close'))).toContain('wrk.headers["Connection"] = "close"\n');
});

const wrk = findProgram('wrk');
const skips = wrk === undefined && process.env.CI !== 'true';

test.skipIf(skips)(`wrk sends each body whole${skips ? ' (skipped: wrk is not installed)' : ''}`, async () => {
  const fleet = new Fleet();
  const folder = mkdtempSync(join(tmpdir(), 'komainu-bench-test-'));
  const scenario = named('post');
  try {
    const backend = await startBackend(fleet, '/no/nginx', folder, scenario);
    const before = await readCounts(backend);
    const { signal } = new AbortController();
    const load = { program: wrk as string, connections: 4, scenario, folder, signal };
    const { requests, errors } = await runLoad(load, backend.url, 1);
    expect(requests).toBeGreaterThan(0);
    expect(Object.values(errors).every((count) => count === 0)).toBe(true);
    expect(countsBetween(before, await readCounts(backend)).requests).toBeGreaterThanOrEqual(requests);
  } finally {
    await fleet.endAll();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a scenario with hosts asks for each of them in turn', () => {
  const script = scriptOf(named('routes'));
  for (const { host } of routesOf(1000)) expect(script).toContain(`"${host}"`);
  const step = Number(/\(at \+ (\d+)\)/.exec(script)?.[1]);
  const asked = new Set(Array.from({ length: 1000 }, (_, turn) => (turn * step) % 1000));
  expect(asked.size).toBe(1000);
});

test('each host has a loopback address of its own', () => {
  const routes = routesOf(1000);
  expect(new Set(routes.map(({ address }) => address)).size).toBe(1000);
  for (const { address } of routes) expect(address).toMatch(/^127\.1\.[0-3]\.\d{1,3}$/);
});

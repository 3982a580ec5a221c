import { expect, test } from 'vitest';
import { scriptOf } from '../../../bench/load.ts';
import { routesOf } from '../../../bench/routes.ts';
import { type Scenario, scenarios } from '../../../bench/scenarios.ts';

const named = (name: string) => scenarios.find((one) => one.name === name) as Scenario;

test('a scenario without a body tells wrk the method only', () => {
  expect(scriptOf(named('1k'))).toBe('wrk.method = "GET"\n');
});

test('a scenario with a body sends all of it', () => {
  expect(scriptOf(named('post'))).toContain('wrk.body = string.rep("komainu ", 2048)\n');
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

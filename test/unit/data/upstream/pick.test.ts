import { expect, test } from 'vitest';
import { type BackendState, pick } from '../../../../src/data/upstream/backend-state.ts';
import { EndpointState } from '../../../../src/data/upstream/endpoint-state.ts';
import { defaultPolicy } from '../../../../src/model/backend-policy.ts';
import { leaveOut, lifeOf, newHealthWords } from '../../../../src/table/health-words.ts';

const backendOf = (count: number): BackendState => ({
  key: 'default/web:80',
  revision: 1,
  policy: defaultPolicy,
  endpoints: Array.from({ length: count }, (_, slot) => new EndpointState('127.0.0.1', 1000 + slot, slot)),
  turn: 0,
});

const NOW = 5001;

/** Health words with these slots out for 100 ms from now on. */
function healthWith(out: readonly number[]): Int32Array {
  const health = newHealthWords();
  for (const slot of out) leaveOut(health, slot, { life: lifeOf(health, slot), moment: NOW, maxMs: 100, luck: 0 });
  return health;
}

test('picks go round', () => {
  const backend = backendOf(3);
  const health = healthWith([]);
  const ports = Array.from({ length: 6 }, () => pick(backend, health, NOW)?.port);
  expect(ports).toEqual([1000, 1001, 1002, 1000, 1001, 1002]);
});

test('an endpoint that is marked out is left out until its moment has passed', () => {
  const backend = backendOf(2);
  const health = healthWith([0]);
  expect([1, 2, 3].map(() => pick(backend, health, NOW)?.port)).toEqual([1001, 1001, 1001]);
  const later = new Set([1, 2].map(() => pick(backend, health, NOW + 102)?.port));
  expect(later).toEqual(new Set([1000, 1001]));
});

test('when every endpoint is marked the marks are doubted', () => {
  const backend = backendOf(2);
  const health = healthWith([0, 1]);
  expect(pick(backend, health, NOW)).toBeDefined();
});

test('the endpoint that has just failed is never picked again, even when it is the only one', () => {
  const backend = backendOf(2);
  const health = healthWith([0, 1]);
  const failed = backend.endpoints[0];
  expect(pick(backend, health, NOW, failed)?.port).toBe(1001);
  const alone = backendOf(1);
  expect(pick(alone, health, NOW, alone.endpoints[0])).toBeUndefined();
});

test('a backend without endpoints has nothing to pick', () => {
  expect(pick(backendOf(0), healthWith([]), NOW)).toBeUndefined();
});

test('one pick alone tries an endpoint whose time out is over', () => {
  const backend = backendOf(2);
  const health = healthWith([0]);
  const ports = Array.from({ length: 6 }, () => pick(backend, health, NOW + 102)?.port);
  expect(ports.filter((port) => port === 1000)).toHaveLength(1);
});

import { expect, test } from 'vitest';
import { type BackendState, pick } from '../../../../src/data/upstream/backend-state.ts';
import { EndpointState } from '../../../../src/data/upstream/endpoint-state.ts';
import { defaultPolicy } from '../../../../src/model/backend-policy.ts';
import { outUntil } from '../../../../src/table/health-words.ts';

const backendOf = (count: number): BackendState => ({
  key: 'default/web:80',
  revision: 1,
  policy: defaultPolicy,
  endpoints: Array.from({ length: count }, (_, slot) => new EndpointState('127.0.0.1', 1000 + slot, slot)),
  turn: 0,
});

const NOW = 5001;

test('picks go round', () => {
  const backend = backendOf(3);
  const health = new Int32Array(3);
  const ports = Array.from({ length: 6 }, () => pick(backend, health, NOW)?.port);
  expect(ports).toEqual([1000, 1001, 1002, 1000, 1001, 1002]);
});

test('an endpoint that is marked out is left out until its moment has passed', () => {
  const backend = backendOf(2);
  const health = new Int32Array([outUntil(NOW, 1000), 0]);
  expect([1, 2, 3].map(() => pick(backend, health, NOW)?.port)).toEqual([1001, 1001, 1001]);
  const later = new Set([1, 2].map(() => pick(backend, health, NOW + 1002)?.port));
  expect(later).toEqual(new Set([1000, 1001]));
});

test('when every endpoint is marked the marks are doubted', () => {
  const backend = backendOf(2);
  const health = new Int32Array(2).fill(outUntil(NOW, 1000));
  expect(pick(backend, health, NOW)).toBeDefined();
});

test('the endpoint that has just failed is never picked again, even when it is the only one', () => {
  const backend = backendOf(2);
  const health = new Int32Array(2).fill(outUntil(NOW, 1000));
  const failed = backend.endpoints[0];
  expect(pick(backend, health, NOW, failed)?.port).toBe(1001);
  const alone = backendOf(1);
  expect(pick(alone, health, NOW, alone.endpoints[0])).toBeUndefined();
});

test('a backend without endpoints has nothing to pick', () => {
  expect(pick(backendOf(0), new Int32Array(1), NOW)).toBeUndefined();
});

test('a pick clears a word whose time is over and leaves one that still counts', () => {
  const backend = backendOf(2);
  const health = new Int32Array([outUntil(NOW, 1000), outUntil(NOW, 5000)]);
  const kept = health[1];
  for (let i = 0; i < 2; i++) expect(pick(backend, health, NOW + 1002)?.port).toBe(1000);
  expect([...health]).toEqual([0, kept]);
});

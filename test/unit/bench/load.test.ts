import { expect, test } from 'vitest';
import { scriptOf } from '../../../bench/load.ts';
import { type Scenario, scenarios } from '../../../bench/scenarios.ts';

const named = (name: string) => scenarios.find((one) => one.name === name) as Scenario;

test('a scenario without a body tells wrk the method only', () => {
  expect(scriptOf(named('1k'))).toBe('wrk.method = "GET"\n');
});

test('a scenario with a body sends all of it', () => {
  expect(scriptOf(named('post'))).toContain('wrk.body = string.rep("komainu ", 2048)\n');
});

import { expect, test } from 'vitest';
import { RequestHead } from '../../../../src/data/http1/request-head.ts';
import { type FailedAttempt, isRepeatable, judgeRetry } from '../../../../src/data/upstream/retry-rule.ts';
import { failureNames, failures } from '../../../../src/model/failures.ts';

const stale: FailedAttempt = {
  failure: 'upstream-closed-early',
  reused: true,
  answering: false,
  repeatable: true,
  probing: false,
};

test('a connection that never came up: any request, out of the budget', () => {
  for (const failure of ['upstream-refused', 'upstream-connect-timeout'] as const) {
    const attempt = { ...stale, failure, reused: false };
    expect(judgeRetry(attempt)).toBe('budget');
    expect(judgeRetry({ ...attempt, repeatable: false })).toBe('budget');
    expect(judgeRetry({ ...attempt, probing: true })).toBe('free');
  }
});

test('a stale connection: what can be repeated, free', () => {
  expect(judgeRetry(stale)).toBe('free');
});

test.each([
  ['what can not be repeated', { repeatable: false }],
  ['a connection that was new', { reused: false }],
  ['a byte of an answer', { answering: true }],
  ['an endpoint known to fail does not change that', { reused: false, probing: true }],
])('never: %s', (_, given) => {
  expect(judgeRetry({ ...stale, ...given })).toBe('no');
});

test('no other failure is followed by a second attempt', () => {
  const others = failureNames.filter((name) => failures[name].retry === 'never');
  expect(others.length).toBeGreaterThan(10);
  for (const failure of others) expect(judgeRetry({ ...stale, failure, probing: true })).toBe('no');
});

function headOf(given: Partial<RequestHead>): RequestHead {
  return Object.assign(new RequestHead(), given);
}

test.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])('%s without a body can be repeated', (method) => {
  expect(isRepeatable(headOf({ method }), false)).toBe(true);
  expect(isRepeatable(headOf({ method, body: 'length' }), false)).toBe(false);
  expect(isRepeatable(headOf({ method, body: 'chunked' }), true)).toBe(false);
});

test.each(['POST', 'PATCH', 'get', 'LOCK'])('%s can not', (method) => {
  expect(isRepeatable(headOf({ method }), false)).toBe(false);
  expect(isRepeatable(headOf({ method, body: 'length', expectContinue: true }), false)).toBe(false);
});

test('a body that was announced with Expect and not begun is none', () => {
  const head = headOf({ method: 'PUT', body: 'length', expectContinue: true });
  expect(isRepeatable(head, false)).toBe(true);
  expect(isRepeatable(head, true)).toBe(false);
});

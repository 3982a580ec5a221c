import { expect, test } from 'vitest';
import { retryAfterMs } from '../../../../src/control/cluster/retry-after.ts';

test.each([
  [undefined, undefined],
  ['', undefined],
  ['soon', undefined],
  ['0', 0],
  ['12', 12_000],
  ['999999', 300_000],
  ['Thu, 01 Jan 1970 00:01:00 GMT', 50_000],
  ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
  [['3', '4'], 3000],
])('Retry-After %j is %j ms', (value, ms) => {
  expect(retryAfterMs(value, 10_000)).toBe(ms);
});

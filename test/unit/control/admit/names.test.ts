import { expect, test } from 'vitest';
import { hostProblem, isDnsName, looksLikeIp } from '../../../../src/control/sources/admit/names.ts';

test.each(['', 'a', 'a.test', 'a-b.c1.test', '1.2.3', '*.a', '*.a.b.test', `${'a'.repeat(64)}.test`, 'a'.repeat(253)])(
  'host %j is taken',
  (host) => {
    expect(hostProblem(host)).toBeUndefined();
  },
);

test.each([
  'A.test',
  'a.test:80',
  'a.test.',
  '.a',
  'a..b',
  '-a',
  'a-',
  'a_b',
  'a b',
  'ä.test',
  '*',
  '*.',
  '*a.test',
  'a.*',
  '*.*.a',
  '*.10.0.0.1:80',
  'a'.repeat(254),
  `*.${'a'.repeat(252)}`,
  'a'.repeat(65_536),
  'a-'.repeat(32_768),
  '__proto__',
])('host %.40j is refused', (host) => {
  expect(hostProblem(host)).toMatch(/^must /);
});

test.each(['10.0.0.1', '::1', '::ffff:10.0.0.1', '010.1.1.1', '0000.0.0.0'])('%s reads as an address', (text) => {
  expect(looksLikeIp(text)).toBe(true);
  expect(hostProblem(text)).toContain('not an IP address');
});

test.each(['1.2.3', '1.2.3.4.5', '1.2.3.256', '1.2.3.x', '1.2..4', '*.0.0.1'])('%s does not', (text) => {
  expect(looksLikeIp(text)).toBe(false);
});

test('a name is a text of labels', () => {
  expect(['a', 'a.b-c', '0'].every(isDnsName)).toBe(true);
  expect(['', '.', 'a.', 'A', 'a/b', 'a\n'].some(isDnsName)).toBe(false);
});

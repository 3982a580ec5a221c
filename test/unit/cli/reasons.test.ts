import { expect, test } from 'vitest';
import { type Matcher, reasonAgainst } from '../../../src/cli/reasons.ts';

const rule = (host: string, pathKind: Matcher['pathKind'], path: string): Matcher => ({ host, pathKind, path });
const asked = { host: 'a.test', path: '/x/y' };
const winner = rule('a.test', 'prefix', '/x');
const against = (loser: Matcher, by: Matcher = winner, request = asked) => {
  const reason = reasonAgainst(loser, request, by);
  return `${reason.nearness} ${reason.text}`;
};

test('another host', () => {
  expect(against(rule('b.test', 'prefix', ''))).toBe('0 the host is not b.test');
  expect(against(rule('*.a.test', 'prefix', ''))).toBe('0 the host is not one label in front of .a.test');
  const deep = { host: 'x.y.a.test', path: '/' };
  expect(against(rule('*.a.test', 'prefix', ''), winner, deep)).toBe('0 the host is not one label in front of .a.test');
});

test('another path', () => {
  expect(against(rule('a.test', 'exact', '/x'))).toBe('1 the path is not /x');
  expect(against(rule('', 'prefix', '/x/yy'))).toBe('1 the path is not /x/yy and not below it');
  expect(against(rule('*.test', 'prefix', '/x/'))).toMatch(/^1 /);
});

test('less specific, by each step of the precedence', () => {
  expect(against(rule('*.test', 'exact', '/x/y'))).toBe('2 less specific: an exact host comes before a wildcard host');
  expect(against(rule('', 'exact', '/x/y'))).toBe('2 less specific: an exact host comes before no host');
  expect(against(rule('', 'prefix', ''), rule('*.test', 'prefix', ''))).toBe(
    '2 less specific: a wildcard host comes before no host',
  );
  expect(against(rule('a.test', 'prefix', '/x'), rule('a.test', 'exact', '/x/y'))).toBe(
    '2 less specific: Exact comes before Prefix',
  );
  expect(against(rule('a.test', 'prefix', ''))).toBe('2 less specific: the prefix /x is longer');
  expect(against(rule('a.test', 'default', ''))).toBe(
    '2 less specific: the default takes what no path of the host takes',
  );
});

test('a rule that takes what the table says nobody takes is an error of ours, not of the user', () => {
  expect(() => reasonAgainst(winner, asked, undefined)).toThrow('the table found nobody');
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  cpuBetween,
  type ProcessStat,
  parseProcessStat,
  parseResidentKib,
  treeOf,
} from '../../../bench/process-stat.ts';

const line = (pid: number, name: string, parentPid: number, user: number, system: number, start: number) =>
  `${pid} (${name}) S ${parentPid} 5 5 0 -1 4194304 100 7 8 9 ${user} ${system} 11 12 20 0 1 0 ${start} 3133440 383 184\n`;

const stat = (pid: number, parentPid: number, cpuUs = 0, startTicks = 1): ProcessStat => ({
  pid,
  parentPid,
  isZombie: false,
  cpuUs,
  startTicks,
});

test('user and system time are added and become microseconds', () => {
  expect(parseProcessStat(line(42, 'nginx', 41, 150, 50, 133925))).toEqual(stat(42, 41, 2_000_000, 133925));
});

test('a process name with spaces and parentheses moves no field', () => {
  expect(parseProcessStat(line(42, 'a) S 1 (b c', 41, 1, 2, 3))).toEqual(stat(42, 41, 30_000, 3));
});

test('a process that has ended and still stands in the list is told apart', () => {
  expect(parseProcessStat(line(42, 'gone', 41, 1, 2, 3).replace(' S ', ' Z ')).isZombie).toBe(true);
});

test('the line of this very process is read', () => {
  const own = parseProcessStat(readFileSync('/proc/self/stat', 'utf8'));
  expect(own).toMatchObject({ pid: process.pid, parentPid: process.ppid, isZombie: false });
});

test.each(['', '42', '42 (a) S', 'no number (a) S 1 2'])('"%s" is refused', (text) => {
  expect(() => parseProcessStat(text)).toThrow('not a line of /proc/PID/stat');
});

test('a tree holds children and their children, but nobody else', () => {
  const all = [stat(1, 0), stat(7, 5), stat(5, 1), stat(6, 5), stat(8, 7), stat(9, 1)];
  expect(treeOf(5, all).map(({ pid }) => pid)).toEqual([5, 7, 6, 8]);
  expect(treeOf(77, all)).toEqual([]);
});

test('the time between two looks is that of the whole tree, in whatever order it is listed', () => {
  expect(cpuBetween([stat(5, 1, 10), stat(6, 5, 20)], [stat(6, 5, 50), stat(5, 1, 15)])).toBe(35);
});

test.each([
  ['ended', [stat(5, 1)]],
  ['started', [stat(5, 1), stat(6, 5), stat(7, 5)]],
  ['was replaced under the same number', [stat(5, 1), stat(6, 5, 0, 99)]],
])('a process that %s meanwhile spoils the measurement', (_, after) => {
  expect(() => cpuBetween([stat(5, 1), stat(6, 5)], after)).toThrow('processes changed during the round');
});

test('a tree that was never there is no measurement of 0', () => {
  expect(() => cpuBetween([], [])).toThrow('processes changed');
});

test('resident memory is read in KiB, and a process without any has none', () => {
  expect(parseResidentKib('Name:\tnginx\nVmHWM:\t    9000 kB\nVmRSS:\t    6828 kB\nRssAnon:\t 1 kB\n')).toBe(6828);
  expect(parseResidentKib('Name:\tgone\nState:\tZ (zombie)\n')).toBe(0);
});

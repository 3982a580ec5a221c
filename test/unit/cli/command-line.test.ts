import { expect, test } from 'vitest';
import { readCommandLine } from '../../../src/cli/command-line.ts';
import { commands } from '../../../src/cli/commands.ts';

const read = (...words: string[]) => readCommandLine(words, commands);

function callOf(...words: string[]) {
  const reading = read(...words);
  if (reading.kind !== 'call') throw new Error(JSON.stringify(reading));
  return reading;
}

function problemsOf(...words: string[]): readonly string[] {
  const reading = read(...words);
  if (reading.kind !== 'usage') throw new Error(`read as ${reading.kind}`);
  return reading.problems;
}

test('a command with settings, in both ways of writing a value', () => {
  const { command, call } = callOf('serve', '--http-port', '81', '--shards=2');
  expect(command.name).toBe('serve');
  expect(call.settings).toEqual({ httpPort: '81', shards: '2' });
});

test('a switch is given bare, with no- in front, or with a value', () => {
  expect(callOf('serve', '--allow-external-name').call.settings).toEqual({ allowExternalName: true });
  expect(callOf('serve', '--no-allow-external-name').call.settings).toEqual({ allowExternalName: false });
  expect(callOf('serve', '--allow-external-name=false').call.settings).toEqual({ allowExternalName: 'false' });
});

test('the last of two equal setting flags counts', () => {
  expect(callOf('serve', '--shards', '1', '--shards', '2').call.settings).toEqual({ shards: '2' });
});

test('words and own flags of a command, in any order, repeated where they may be', () => {
  const { call } = callOf('explain', '-H', 'Host: a', 'GET', '--header=X: y', 'http://a/', '--json');
  expect(call.words).toEqual(['GET', 'http://a/']);
  expect([...call.flags]).toEqual([
    ['header', ['Host: a', 'X: y']],
    ['json', ['']],
  ]);
});

test('after -- everything is a word', () => {
  expect(callOf('explain', '--', 'GET', '--json').call.words).toEqual(['GET', '--json']);
});

test('help and version are asked for before or behind the command', () => {
  expect(read('--help')).toEqual({ kind: 'help', command: undefined });
  expect(read('-h')).toEqual({ kind: 'help', command: undefined });
  expect(read('--version')).toEqual({ kind: 'version' });
  expect(read('serve', '--help')).toMatchObject({ kind: 'help', command: { name: 'serve' } });
  expect(read('explain', '-h')).toMatchObject({ kind: 'help', command: { name: 'explain' } });
});

test('no command, an unknown one, or a flag in its place is wrong usage', () => {
  expect(problemsOf()).toEqual(['name a command']);
  expect(problemsOf('srve')).toEqual(['there is no command srve; did you mean serve?']);
  expect(problemsOf('banana')).toEqual(['there is no command banana']);
  expect(problemsOf('--shards', '2')).toEqual(['name a command in front of --shards']);
  expect(problemsOf('constructor')).toEqual(['there is no command constructor']);
});

test('all problems of a command line are told at once', () => {
  expect(problemsOf('serve', '--http-prt', '1', '--shards', '--admin-port=', '--no-kubernetes=x', '-z')).toEqual([
    'there is no flag --http-prt; did you mean --http-port?',
    '--shards: needs a value, N; one that begins with - is written --shards=-…',
    '--no-kubernetes: takes no value',
    'there is no flag -z',
  ]);
  expect(problemsOf('serve', '--admin-port=', '--shards')).toEqual([
    '--admin-port: needs a value, N',
    '--shards: needs a value, N',
  ]);
});

test('a negative number is a value, to be judged by its setting', () => {
  expect(callOf('serve', '--shards', '-1').call.settings).toEqual({ shards: '-1' });
});

test('missing words and words too many are named', () => {
  expect(problemsOf('explain', 'GET')).toEqual(['URL is missing']);
  expect(problemsOf('serve', 'now')).toEqual(['there is no use for the word "now"']);
});

test('an own flag that may not be repeated is refused when it is', () => {
  expect(problemsOf('proxy', '--from', 'a', '--from', 'b', '--to', 'x', '--to', 'y')).toEqual([
    '--from: may be given once',
  ]);
});

test('a flag of another command is unknown', () => {
  expect(problemsOf('serve', '--to', 'http://a')).toEqual([expect.stringMatching(/^there is no flag --to/)]);
  expect(problemsOf('proxy', '--manifests', 'x')).toEqual([expect.stringMatching(/^there is no flag --manifests/)]);
});

test('hostile names are data', () => {
  expect(problemsOf('serve', '--__proto__', '--constructor=1')).toEqual([
    'there is no flag --__proto__',
    'there is no flag --constructor',
  ]);
  expect(problemsOf('serve', `--${'k'.repeat(65_536)}`)).toHaveLength(1);
});

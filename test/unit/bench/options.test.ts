import { expect, test } from 'vitest';
import { readOptions } from '../../../bench/options.ts';

test('without arguments everything is measured as the README says', () => {
  expect(readOptions([])).toEqual({
    rounds: 5,
    seconds: 4,
    warmUpSeconds: 3,
    connections: 64,
    shards: 1,
    parts: ['nginx', 'haproxy', 'komainu', 'micro'],
    scenarios: ['1k', '64k', 'post', 'routes', 'close', 'latency', 'memory'],
    rate: undefined,
    against: undefined,
    profile: false,
    jsonFile: undefined,
    markdown: false,
    help: false,
  });
});

test('each option is taken', () => {
  const line =
    '--rounds 2 --seconds 1 --warm-up 7 --connections 8 --shards 3 --only komainu,nginx --scenario post,1k --rate 5000 --profile --json a.json --markdown';
  expect(readOptions(line.split(' '))).toEqual({
    rounds: 2,
    seconds: 1,
    warmUpSeconds: 7,
    connections: 8,
    shards: 3,
    parts: ['nginx', 'komainu'],
    scenarios: ['1k', 'post'],
    rate: 5000,
    against: undefined,
    profile: true,
    jsonFile: 'a.json',
    markdown: true,
    help: false,
  });
});

test('a comparison with another revision runs alone, unless more is asked for', () => {
  expect(readOptions(['--against', 'main'])).toMatchObject({ against: 'main', parts: ['komainu'] });
  expect(readOptions(['--against', 'main', '--only', 'nginx,komainu']).parts).toEqual(['nginx', 'komainu']);
});

test('all problems are said at once', () => {
  expect(() => readOptions(['--rounds', '0', '--seconds', '1.5', '--only', 'caddy', '--scenario', '2k'])).toThrow(
    /--rounds takes .* not "0"; --seconds takes .* not "1.5"; --only takes .* not "caddy"; --scenario takes .* not "2k"/,
  );
});

test('an unknown option is refused', () => {
  expect(() => readOptions(['--round', '3'])).toThrow('--round');
});

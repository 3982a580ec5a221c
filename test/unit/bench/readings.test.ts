import { expect, test } from 'vitest';
import { countsBetween, forwardedPage, parseCounts, parseListeningPort } from '../../../bench/backend.ts';
import { isStale } from '../../../bench/build.ts';
import { parseServingPort } from '../../../bench/komainu.ts';
import { parseVersion } from '../../../bench/programs.ts';
import { rotated } from '../../../bench/rounds.ts';

const page =
  'Active connections: 2 \nserver accepts handled requests\n 12 11 345 \nReading: 0 Writing: 1 Waiting: 1 \n';

test('the backend counts accepted connections and requests', () => {
  expect(parseCounts(page)).toEqual({ connections: 12, requests: 345 });
  expect(() => parseCounts('404 Not Found')).toThrow('not a stub_status page');
});

test('the second look at the counts is not counted itself', () => {
  expect(countsBetween({ connections: 3, requests: 10 }, { connections: 4, requests: 111 })).toEqual({
    connections: 0,
    requests: 100,
  });
});

test('the forwarded headers of a request are listed by name, whatever their case and order', () => {
  const head = 'GET / HTTP/1.1\r\nx-real-ip: ::1\r\nHost: a\r\nX-FORWARDED-FOR: 10.0.0.1';
  expect(forwardedPage(head)).toBe(
    'X-Forwarded-For=10.0.0.1\nX-Forwarded-Proto=\nX-Forwarded-Host=\nX-Forwarded-Port=\nX-Real-IP=::1',
  );
});

test('the backend of our own says its port', () => {
  expect(parseListeningPort('listening on 4711')).toBe(4711);
  expect(parseListeningPort('(node:1) Warning')).toBeUndefined();
});

test('the serving line of the log names the port', () => {
  const event = { level: 30, msg: 'serving', listeners: [{ name: 'http', address: '::', port: 41234 }] };
  expect(parseServingPort(JSON.stringify(event))).toBe(41234);
});

test.each([
  '',
  'try: curl http://localhost:8080/',
  '{"level":30,"msg":"starting","listeners":[{"port":1}]}',
  '{"msg":"serving"}',
  '{"msg":"serving","listeners":[]}',
  '{broken',
])('another line names none: %s', (line) => {
  expect(parseServingPort(line)).toBeUndefined();
});

test.each([
  ['nginx version: nginx/1.22.1', '1.22.1'],
  ['HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/', '2.6.12'],
  ['HAProxy version 3.2 x', '3.2'],
  ['no figures', 'unknown'],
])('the version in "%s" is %s', (text, version) => {
  expect(parseVersion(text)).toBe(version);
});

test('what is missing or older than a source is built again', () => {
  expect(isStale([1, 2], 0)).toBe(true);
  expect(isStale([1, 5], 4)).toBe(true);
  expect(isStale([1, 4], 4)).toBe(false);
});

test('in as many rounds as there are proxies each is once at every place', () => {
  const rounds = [0, 1, 2].map((round) => rotated(['a', 'b', 'c'], round).join(''));
  expect(rounds).toEqual(['abc', 'bca', 'cab']);
  expect(rotated([], 4)).toEqual([]);
});

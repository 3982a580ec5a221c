import { expect, test } from 'vitest';
import { parseSeconds, parseWrkReport } from '../../../bench/wrk-report.ts';

const clean = `Running 4s test @ http://127.0.0.1:44157/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.21ms  289.06us   9.70ms   88.16%
    Req/Sec    52.36k     3.37k   58.01k    70.00%
  Latency Distribution
     50%    1.17ms
     75%    1.32ms
     90%  998.40us
     99%    2.05s 
  208541 requests in 4.01s, 259.13MB read
Requests/sec:  52021.57
Transfer/sec:     64.64MB
`;

const failing = clean.replace(
  'Requests/sec:',
  '  Socket errors: connect 1, read 22, write 3, timeout 44\n  Non-2xx or 3xx responses: 110\nRequests/sec:',
);

test('a clean report gives its figures in seconds and microseconds, and no errors', () => {
  expect(parseWrkReport(clean)).toEqual({
    requests: 208541,
    seconds: 4.01,
    requestsPerSecond: 52021.57,
    p50Us: 1170,
    p99Us: 2_050_000,
    errors: { connect: 0, read: 0, write: 0, timeout: 0, status: 0 },
  });
});

test('socket errors and failed answers are read each by its name', () => {
  expect(parseWrkReport(failing).errors).toEqual({ connect: 1, read: 22, write: 3, timeout: 44, status: 110 });
});

test.each([
  ['requests', /^ +208541 .*\n/m],
  ['requests/s', /^Requests\/sec.*\n/m],
  ['p50', /^ +50%.*\n/m],
  ['p99', /^ +99%.*\n/m],
])('a report without %s is refused, not read as zero', (what, line) => {
  expect(() => parseWrkReport(clean.replace(line, ''))).toThrow(`wrk did not say ${what}`);
});

test.each([
  ['635.91us', 0.00063591],
  ['1.02ms', 0.00102],
  ['4.00s', 4],
  ['1.50m', 90],
  ['2h', 7200],
])('a time of %s is %d seconds', (text, seconds) => {
  expect(parseSeconds(text)).toBeCloseTo(seconds, 9);
});

test.each(['', '12', 'ms', '1.0parsec', '-nanus'])('"%s" is no time', (text) => {
  expect(() => parseSeconds(text)).toThrow('not a time of wrk');
});

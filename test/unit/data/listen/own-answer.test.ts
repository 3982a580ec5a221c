import { expect, test } from 'vitest';
import { RequestHead, readRequestHead } from '../../../../src/data/http1/request-head.ts';
import { OwnAnswers } from '../../../../src/data/listen/own-answer.ts';
import type { ClientFacts } from '../../../../src/data/seam.ts';
import { type FailureName, failures } from '../../../../src/model/failures.ts';
import { silentLog } from '../../../../src/observe/log.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { KeptLog } from '../../../support/kept-log.ts';
import { usualLimits } from '../http1/reading-heads.ts';

const client = { address: '192.0.2.1' } as ClientFacts;
const answered = (Object.keys(failures) as FailureName[]).filter((name) => failures[name].status > 0);
const nobody = { has: () => false };
const answers = new OwnAnswers({ reasonHeader: false }, silentLog, nobody, new HandClock());

/** A head that the reader accepted, with these lines. */
function headOf(lines: readonly string[] = [], start = 'GET /a/b?secret=1 HTTP/1.1'): RequestHead {
  const bytes = Buffer.from([start, 'Host: a.test', ...lines, '', ''].join('\r\n'), 'latin1');
  const head = new RequestHead();
  expect(readRequestHead(head, bytes, 0, bytes.length, usualLimits)).toBe(bytes.length);
  return head;
}

interface Parts {
  readonly head: string;
  readonly body: string;
  readonly id: string;
}

function parts(text: string): Parts {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { head, body, id: /\r\nX-Request-Id: ([0-9a-f-]{36})\r\n/.exec(head)?.[1] ?? '' };
}

const json = ['Accept: application/json'];

test.each(answered)('the answer for %s is a whole HTTP message whose length is true', (failure) => {
  for (const [lines, type] of [
    [[], 'text/plain; charset=utf-8'],
    [json, 'application/problem+json'],
  ] as const) {
    const text = answers.make(failure, { head: headOf(lines), client, close: true });
    const { head, body, id } = parts(text);
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${failures[failure].status} [A-Z]`));
    expect(head).toMatch(/\r\nDate: \w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT\r\n/);
    expect(head).toContain(`\r\nContent-Type: ${type}\r\n`);
    expect(Number(/Content-Length: (\d+)/.exec(head)?.[1])).toBe(Buffer.byteLength(body));
    expect(head).toContain('\r\nCache-Control: no-store\r\n');
    expect(head).toMatch(/Connection: close$/);
    expect(body).toContain(id);
    expect(text).not.toMatch(/komainu|node|\d+\.\d+\.\d+|secret/i);
    expect(text).not.toContain(failure);
  }
});

test('a client that prefers JSON gets a problem of RFC 9457', () => {
  const { body, id } = parts(answers.make('route-not-found', { head: headOf(json), client, close: false }));
  expect(JSON.parse(body)).toEqual({
    status: 404,
    title: 'Not Found',
    detail: 'No route takes this host and path.',
    requestId: id,
  });
});

test('what is left of a head that is no request decides nothing', () => {
  const { head, body } = parts(answers.make('request-malformed', { head: undefined, client, close: true }));
  expect(head).toContain('text/plain');
  expect(body).toMatch(/^400 Bad Request: The request could not be understood.\nRequest id: [0-9a-f-]{36}\n$/);
});

test('every answer has an id of its own', () => {
  const ids = Array.from(
    { length: 1000 },
    () => parts(answers.make('no-endpoint', { head: headOf(), client, close: false })).id,
  );
  expect(new Set(ids).size).toBe(1000);
});

test('the answer to HEAD says the length and has no body', () => {
  const text = answers.make('route-not-found', { head: headOf([], 'HEAD / HTTP/1.1'), client, close: false });
  expect(text.endsWith('\r\nConnection: keep-alive\r\n\r\n')).toBe(true);
  expect(text).toMatch(/Content-Length: [1-9]/);
});

test('405 says which methods are allowed, 503 when to come again', () => {
  expect(answers.make('method-refused', { head: undefined, client, close: true })).toContain('\r\nAllow: GET, ');
  expect(answers.make('no-endpoint', { head: headOf(), client, close: true })).toContain('\r\nRetry-After: 1\r\n');
});

test('the reason is said only where the setting asks for it', () => {
  const telling = new OwnAnswers({ reasonHeader: true }, silentLog, nobody, new HandClock());
  expect(telling.make('no-endpoint', { head: headOf(), client, close: true })).toContain(
    '\r\nx-komainu-reason: no-endpoint\r\n',
  );
});

test('what we or an endpoint failed is one log line with the id of the answer, and without secrets', () => {
  const log = new KeptLog();
  const logging = new OwnAnswers({ reasonHeader: false }, log, nobody, new HandClock());
  const head = headOf(['Cookie: secret=2', 'Authorization: secret'], 'POST http://b.test:81/x/../y?secret=1 HTTP/1.1');
  const { id } = parts(logging.make('upstream-closed-early', { head, client, close: true }));
  expect(log.lines).toEqual([
    {
      level: 'warn',
      message: 'request failed',
      fields: {
        requestId: id,
        failure: 'upstream-closed-early',
        status: 502,
        method: 'POST',
        host: 'b.test',
        path: '/y',
        client: '192.0.2.1',
      },
    },
  ]);
});

test('host and path are logged up to 200 bytes', () => {
  const log = new KeptLog();
  const logging = new OwnAnswers({ reasonHeader: false }, log, nobody, new HandClock());
  const head = headOf([], `GET http://${'h'.repeat(250)}/${'p'.repeat(5000)} HTTP/1.1`);
  logging.make('no-endpoint', { head, client, close: true });
  expect(log.lines[0]?.fields).toMatchObject({ host: 'h'.repeat(200), path: `/${'p'.repeat(199)}` });
});

test('a failure without a head is logged without a request', () => {
  const log = new KeptLog();
  const logging = new OwnAnswers({ reasonHeader: false }, log, nobody, new HandClock());
  const { id } = parts(logging.make('shard-failed', { head: undefined, client, close: true }));
  expect(log.lines[0]?.fields).toEqual({ requestId: id, failure: 'shard-failed', status: 500, client: '192.0.2.1' });
});

test('what clients did to themselves is not logged', () => {
  const log = new KeptLog();
  const logging = new OwnAnswers({ reasonHeader: false }, log, nobody, new HandClock());
  for (const failure of answered.filter((name) => failures[name].side === 'downstream' || failures[name].status < 500))
    logging.make(failure, { head: headOf(), client, close: true });
  expect(log.lines).toEqual([]);
});

test('ten lines a second are logged, and then how many were left out', () => {
  const log = new KeptLog();
  const clock = new HandClock();
  const logging = new OwnAnswers({ reasonHeader: false }, log, nobody, clock);
  const fail = (times: number) => {
    for (let k = 0; k < times; k++) logging.make('no-endpoint', { head: headOf(), client, close: true });
  };
  fail(1);
  clock.advance(999);
  fail(1000);
  expect(log.of('request failed')).toHaveLength(10);
  expect(log.of('more requests failed')).toHaveLength(0);
  clock.advance(1);
  expect(log.of('more requests failed').map(({ level, fields }) => [level, fields])).toEqual([
    ['warn', { leftOut: 991 }],
  ]);
  fail(10);
  clock.advance(60_000);
  fail(1);
  clock.advance(60_000);
  expect(log.of('request failed')).toHaveLength(21);
  expect(log.of('more requests failed')).toHaveLength(1);
});

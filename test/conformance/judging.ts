import { expect } from 'vitest';
import { type HeaderList, headerOf } from '../support/message.ts';
import type { Answer, RawClient } from '../support/raw-client.ts';
import type { SeenRequest } from '../support/recording-backend.ts';
import type { Seen } from './case.ts';
import type { ConformanceStage } from './stage.ts';

/** Lines that Komainu writes itself, to the backend and to the client. */
const toBackend = /^(host|connection|upgrade|transfer-encoding|te|x-real-ip|x-forwarded-(?:for|proto|port|host)):/i;
/** The one line of Via that is ours; a backend tells the version by which the client came from it. */
const ourVia = /^Via: 1\.[01] komainu-[0-9a-f]{8}$/;
const toClient = /^(connection|date|transfer-encoding):/i;

/** A loaded machine answers late. */
const CLOCK_LIMIT_MS = 60_000;

export const DEFAULT_HOST = 'a.test';

const isOurs = (line: string) => toBackend.test(line) || ourVia.test(line);

/** What the backend saw, line by line. */
export function judgeSeen(stage: ConformanceStage, seen: SeenRequest, expected: Seen, address: string): void {
  const host = expected.host ?? DEFAULT_HOST;
  const port = expected.admin ? stage.adminPort : stage.backendPort;
  const own = [
    `Host: ${host || `127.0.0.1:${port}`}`,
    `X-Forwarded-For: ${address}`,
    'X-Forwarded-Proto: http',
    `X-Forwarded-Port: ${stage.komainu.port()}`,
    `X-Real-IP: ${address}`,
    'Via',
    ...(host === '' ? [] : [`X-Forwarded-Host: ${host}`]),
    ...(expected.framing === 'chunked' ? ['Transfer-Encoding: chunked'] : []),
    ...(expected.te ? ['TE: trailers', 'Connection: TE'] : []),
    ...(expected.upgrade === undefined ? [] : ['Connection: upgrade', `Upgrade: ${expected.upgrade}`]),
  ];
  const whole = seen.body !== undefined;
  expect({
    line: seen.line,
    port: seen.port,
    own: seen.lines
      .filter(isOurs)
      .map((line) => line.replace(ourVia, 'Via'))
      .sort(),
    lines: seen.lines.filter((line) => !isOurs(line)),
    framing: seen.framing,
    body: seen.body,
    trailers: seen.trailers,
  }).toEqual({
    line: expected.line,
    port,
    own: own.sort(),
    lines: expected.lines ?? [],
    framing: expected.framing ?? 'none',
    body: whole ? (expected.body ?? '') : undefined,
    trailers: expected.trailers ?? [],
  });
}

/** Header lines of an answer as they came, without those that Komainu writes of itself. */
export const linesOf = (raw: string): string[] =>
  raw
    .slice(0, -4)
    .split('\r\n')
    .slice(1)
    .filter((line) => !toClient.test(line));

const NOW = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;

/** What every final answer keeps: Connection as it should be, and one Date (RFC 9110, 6.6.1): the backend's, or the present. */
export function judgeOwnLines(headers: HeaderList, connection: string | undefined, date?: string): void {
  expect(headerOf(headers, 'connection')).toBe(connection);
  const said = headerOf(headers, 'date');
  if (date !== undefined) return expect(said).toBe(date);
  expect(said).toMatch(NOW);
  expect(Math.abs(Date.parse(said!) - Date.now())).toBeLessThan(CLOCK_LIMIT_MS);
}

/** An answer that Komainu made: text or JSON, with the id of the request in head and body, and nothing of the program. */
export function judgeOwnAnswer(answer: Answer, status: number, connection: string | undefined, json = false): void {
  expect(answer.status).toBe(status);
  judgeOwnLines(answer.headers, connection);
  const id = answer.header('x-request-id') ?? '';
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  const length = Number(answer.header('content-length'));
  expect(linesOf(answer.raw)).toEqual([
    `Content-Type: ${json ? 'application/problem+json' : 'text/plain; charset=utf-8'}`,
    `Content-Length: ${length}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${id}`,
    ...(status === 405 ? ['Allow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS'] : []),
  ]);
  // HEAD: what the body would be.
  if (answer.framing === 'none') expect(length).toBeGreaterThan(0);
  else if (json) expect(JSON.parse(answer.text)).toMatchObject({ status, requestId: id });
  else expect(answer.text).toMatch(new RegExp(`^${status} [A-Z].*\nRequest id: ${id}\n$`));
}

/** Nothing more comes, and the end is in order. */
export async function judgeClosed({ stream }: RawClient): Promise<void> {
  const more = await stream.some();
  expect(more?.toString('latin1')).toBeUndefined();
  expect(stream.ending).toBe('end');
}

/** The connection takes one more request, and its answer is the next thing that comes. */
export async function judgeKept(client: RawClient, number: number): Promise<void> {
  const answer = await client.ask(['GET /after HTTP/1.1', `Host: ${DEFAULT_HOST}`, 'Connection: close']);
  expect({ status: answer.status, text: answer.text }).toEqual({ status: 200, text: String(number) });
  await judgeClosed(client);
}

/** What our own code does for one exchange, step by step, on the very bytes of the proxy benchmark and without a kernel in between. */
import type { Socket } from 'node:net';
import { Bench } from 'tinybench';
import { RequestLines } from '../../src/data/forward/request-lines.ts';
import { AnswerHead, readAnswerHead } from '../../src/data/http1/answer-head.ts';
import { RequestHead, readRequestHead } from '../../src/data/http1/request-head.ts';
import { forwardedLines } from '../../src/data/listen/node/client-facts.ts';
import { Output } from '../../src/data/output.ts';
import { EndpointState } from '../../src/data/upstream/endpoint-state.ts';
import { defaultPolicy } from '../../src/model/backend-policy.ts';
import { requestHeaders } from '../load.ts';

/** Steps in one sample, so that the clock's own cost disappears. */
const REPEATS = 200;
const BODY_BYTES = 1024;
const limits = { headLimitBytes: 32 * 1024, targetLimitBytes: 8 * 1024, headerLimit: 100 };

const request = Buffer.from(`GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n${requestHeaders.join('\r\n')}\r\n\r\n`);
const answerLines = [
  'HTTP/1.1 200 OK',
  'Server: nginx/1.22.1',
  'Date: Sat, 21 Nov 2026 12:00:00 GMT',
  'Content-Type: text/plain',
  `Content-Length: ${BODY_BYTES}`,
  'Connection: keep-alive',
  'Cache-Control: public, max-age=60, stale-while-revalidate=30',
  'ETag: "5f2b8c1e9a7d4036"',
  'Vary: Accept-Encoding',
];
const answer = Buffer.from(`${answerLines.join('\r\n')}\r\n\r\n${'komainu '.repeat(BODY_BYTES / 8)}`);
const statusLineStart = Buffer.from('HTTP/1.1 ');
const lineEnd = Buffer.from('\r\n');

/** Takes every write at once, as a kernel with room does. */
const socket = { writable: true, writableLength: 0, write: () => true } as unknown as Socket;
const client = {
  address: '127.0.0.1',
  port: 40_000,
  localAddress: '127.0.0.1',
  localPort: 8080,
  trusted: false,
  forwardedLines: forwardedLines('127.0.0.1', 8080),
};
const endpoint = new EndpointState('127.0.0.1', 3000, -1);
const requestLines = new RequestLines('komainu-0123abcd', false, { has: () => false });
const output = new Output();
const requestHead = new RequestHead();
const answerHead = new AnswerHead();

function readRequest(): void {
  const after = readRequestHead(requestHead, request, 0, request.length, limits);
  if (after !== request.length) throw new Error('the request is not read');
}

function sendRequest(): void {
  requestLines.write(output.for(socket), requestHead, client, endpoint, defaultPolicy);
  output.flush();
}

function readAnswer(): void {
  const after = readAnswerHead(answerHead, answer, 0, answer.length, limits, false);
  if (after !== answer.length - BODY_BYTES) throw new Error('the answer is not read');
}

function sendAnswer(): void {
  output.for(socket).all(statusLineStart);
  output.runs(answer, answerHead.runs, answerHead.runCount);
  output.all(lineEnd);
  output.bytes(answer, answer.length - BODY_BYTES, answer.length);
  output.flush();
}

const steps: Record<string, () => void> = {
  'read the request head': readRequest,
  'write it for the endpoint': sendRequest,
  'read the answer head': readAnswer,
  'write it and 1 KiB of body for the client': sendAnswer,
  'all four': () => {
    readRequest();
    sendRequest();
    readAnswer();
    sendAnswer();
  },
};

const bench = new Bench({ time: 500, warmupTime: 300 });
for (const [name, step] of Object.entries(steps)) {
  const repeated = () => {
    for (let i = 0; i < REPEATS; i++) step();
  };
  bench.add(name, repeated, { async: false });
}
await bench.run();

console.log(`one exchange: ${request.length} bytes of request, ${answer.length} of answer`);
for (const { name, result } of bench.tasks) {
  if (!('latency' in result)) throw new Error(`${name} was not measured: ${result.state}`);
  const perStepNs = (ms: number) => ((ms * 1e6) / REPEATS).toFixed(0).padStart(6);
  console.log(`${perStepNs(result.latency.p50)} ns  (p99 ${perStepNs(result.latency.p99)})  ${name}`);
}

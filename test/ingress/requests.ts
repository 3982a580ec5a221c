import { type Answer, ask } from '../support/raw-client.ts';
import type { Asks } from './case.ts';
import type { Echo } from './pods.ts';

/** Requests where several pods are to answer; each misses one of ten with 0.9 ** 100. */
const SPREAD_REQUESTS = 100;

/** Sends the requests of a table and says who answered, in the same words. */
export async function answersTo(asks: Asks, port: number): Promise<Asks> {
  const answers: [string, Asks[string]][] = [];
  for (const [key, expected] of Object.entries(asks)) {
    answers.push([key, Array.isArray(expected) ? await spreadOf(key, port) : await answerTo(key, port)]);
  }
  return Object.fromEntries(answers);
}

async function spreadOf(key: string, port: number): Promise<readonly string[]> {
  const seen = new Set<string>();
  for (let request = 0; request < SPREAD_REQUESTS; request++) seen.add(String(await answerTo(key, port)));
  return [...seen].sort();
}

/** A pod that saw another request than was sent is not what a table expects. */
export async function answerTo(key: string, port: number): Promise<string | number> {
  const request = readKey(key);
  const answer = await send(request, port);
  if (answer.status !== 200) return answer.status;
  const echo = readEcho(answer);
  if (echo === undefined) return `not a pod: ${answer.text}`;
  return `${echo.pod}${echo.port === 'main' ? '' : ':other'}${isOf(request, echo) ? '' : ` saw ${JSON.stringify(echo)}`}`;
}

interface Request {
  readonly method: string;
  /** '': none is named. */
  readonly host: string;
  readonly target: string;
}

/** `POST foo.bar.com/foo`. */
function readKey(key: string): Request {
  const match = /^(?:([A-Z]+) )?([^/]*)(\/.*)$/.exec(key);
  if (match === null) throw new Error(`${key} is no request`);
  return { method: match[1] ?? 'GET', host: match[2], target: match[3] };
}

function send({ method, host, target }: Request, port: number): Promise<Answer> {
  const lines = host === '' ? [`${method} ${target} HTTP/1.0`] : [`${method} ${target} HTTP/1.1`, `Host: ${host}`];
  const length = ['POST', 'PUT', 'PATCH'].includes(method) ? ['Content-Length: 0'] : [];
  return ask(port, [...lines, ...length]);
}

const readEcho = (answer: Answer): Echo | undefined =>
  answer.text.startsWith('{"pod":') ? (JSON.parse(answer.text) as Echo) : undefined;

/** Where no host is named, the endpoint's own address stands. */
const isOf = ({ method, host, target }: Request, echo: Echo): boolean =>
  echo.method === method && echo.target === target && (host === '' || echo.host === host);

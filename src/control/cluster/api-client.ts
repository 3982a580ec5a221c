import type { Dispatcher } from 'undici';
import type { Clock } from '../../base/clock.ts';
import { type ApiAnswer, type ApiRequest, type ApiStream, ApiUnreachable, type ClusterApi } from './api.ts';
import { CallLimit } from './call-limit.ts';
import { type Connections, type Lane, shut } from './connections.ts';
import type { Credentials, Identity } from './credentials.ts';
import { describeError } from './describe-error.ts';
import { retryAfterMs } from './retry-after.ts';

const CALL_TIMEOUT_MS = 30_000;
/** etcd holds 1.5 MiB an object; lists that may be longer are read as streams. */
const LARGEST_ANSWER_BYTES = 32 << 20;

export interface ApiClientParts {
  readonly server: string;
  readonly credentials: Credentials;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly userAgent: string;
}

/** An answer whose head is here; `lane` belongs to it until its body has ended. */
interface Opened {
  readonly answer: Dispatcher.ResponseData;
  readonly lane: Lane;
  readonly limit: CallLimit;
  /** What the end of the limit does to the lane. */
  readonly onAbort: () => void;
}

/**
 *   call ──► who are we ──► lane ──► answer ──401──► distrust the credentials, once more
 *                                      │
 *                                      └──► JSON (call) or chunks (stream), then the lane goes back
 */
export class ApiClient implements ClusterApi {
  readonly #parts: ApiClientParts;
  readonly #basePath: string;

  constructor(parts: ApiClientParts) {
    this.#parts = parts;
    this.#basePath = new URL(parts.server).pathname.replace(/\/+$/, '');
  }

  async call(request: ApiRequest): Promise<ApiAnswer> {
    const opened = await this.#open(request);
    try {
      const text = await readText(opened.answer.body);
      return { status: opened.answer.statusCode, body: parsed(text), retryAfterMs: pauseOf(opened) };
    } catch (error) {
      throw this.#unreachable(request, opened.limit, error);
    } finally {
      this.#finish(opened);
    }
  }

  async stream(request: ApiRequest): Promise<ApiStream> {
    const opened = await this.#open(request);
    opened.limit.stopTime();
    // However it ends: read to its end, left by its reader, or stopped by the request's signal and never read.
    opened.answer.body.on('error', () => {}).once('close', () => this.#finish(opened));
    return {
      status: opened.answer.statusCode,
      retryAfterMs: pauseOf(opened),
      chunks: this.#chunks(request, opened),
    };
  }

  async #open(request: ApiRequest): Promise<Opened> {
    const { clock, credentials } = this.#parts;
    const limit = new CallLimit(clock, request.timeoutMs ?? CALL_TIMEOUT_MS, request.signal);
    try {
      const opened = await this.#tryFresh(request, limit);
      if (opened.answer.statusCode !== 401) return opened;
      credentials.distrust();
      await this.#discard(opened);
      return await this.#tryFresh(request, limit);
    } catch (error) {
      limit.end();
      if (limit.reached !== 'stopped') credentials.reread();
      throw this.#unreachable(request, limit, error);
    }
  }

  /** A connection that was idle may be closed by the other side at the same moment; what only reads is sent again. */
  async #tryFresh(request: ApiRequest, limit: CallLimit): Promise<Opened> {
    const identity = await limit.within(this.#parts.credentials.current());
    for (;;) {
      const lane = this.#parts.connections.take(identity.tls);
      const wasUsed = lane.used;
      try {
        return await this.#send(request, identity, lane, limit);
      } catch (error) {
        this.#parts.connections.giveBack(lane, false);
        if (limit.reached !== undefined || !wasUsed || request.method !== 'GET') throw error;
      }
    }
  }

  async #send(request: ApiRequest, identity: Identity, lane: Lane, limit: CallLimit): Promise<Opened> {
    const { server, userAgent } = this.#parts;
    lane.used = false;
    // Not by undici's own signal: it is not heard while a connection or a tunnel is being made.
    const onAbort = (): void => shut(lane);
    limit.signal.addEventListener('abort', onAbort, { once: true });
    const answer = await lane.dispatcher.request({
      origin: new URL(server).origin,
      path: `${this.#basePath}${request.path}${queryText(request.query)}`,
      method: request.method,
      headers: { accept: 'application/json', 'user-agent': userAgent, ...typeOf(request), ...identity.headers },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      reset: false,
    });
    lane.used = true;
    return { answer, lane, limit, onAbort };
  }

  async *#chunks(request: ApiRequest, opened: Opened): AsyncGenerator<Buffer> {
    try {
      yield* opened.answer.body;
    } catch (error) {
      throw this.#unreachable(request, opened.limit, error);
    }
  }

  /** Reads and forgets what is left, so that the lane can be used again. */
  async #discard(opened: Opened): Promise<void> {
    try {
      await readText(opened.answer.body);
    } finally {
      this.#release(opened);
    }
  }

  #finish(opened: Opened): void {
    opened.limit.end();
    this.#release(opened);
  }

  /** From here on the lane may be somebody else's, so the end of this call must not reach it. */
  #release({ answer: { body }, lane, limit, onAbort }: Opened): void {
    limit.signal.removeEventListener('abort', onAbort);
    const isClean = body.readableEnded && body.errored === null;
    body.on('error', () => {}).destroy();
    this.#parts.connections.giveBack(lane, isClean);
  }

  #unreachable({ method, path }: ApiRequest, limit: CallLimit, error: unknown): ApiUnreachable {
    const why = limit.reached === undefined ? describeError(error) : limitTexts[limit.reached];
    return new ApiUnreachable(`${method} ${path}: ${why}`);
  }
}

const limitTexts = { stopped: 'stopped by us', late: 'no answer in time' } as const;

const pauseOf = ({ answer }: Opened): number | undefined => retryAfterMs(answer.headers['retry-after']);

const queryText = (query: ApiRequest['query']): string =>
  query === undefined ? '' : `?${new URLSearchParams(query).toString()}`;

const typeOf = ({ body, contentType }: ApiRequest): Record<string, string> =>
  body === undefined ? {} : { 'content-type': contentType ?? 'application/json' };

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > LARGEST_ANSWER_BYTES) throw new Error(`the answer is longer than ${LARGEST_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

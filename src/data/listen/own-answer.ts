import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { type Clock, systemClock } from '../../base/clock.ts';
import { type FailureName, failures } from '../../model/failures.ts';
import type { Log } from '../../observe/log.ts';
import type { TrustedProxies } from '../forward/client-address.ts';
import { listOf } from '../http1/list-lines.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { ClientFacts } from '../seam.ts';
import { prefersJson } from './accept.ts';
import { dateText } from './date-line.ts';
import { FailureLog } from './failure-log.ts';

/** One sentence a client can act on; it says nothing about what stands behind us. */
const sentences: Partial<Record<FailureName, string>> = {
  'request-malformed': 'The request could not be understood.',
  'request-timeout': 'The request took too long to arrive.',
  'body-too-large': 'The request body is larger than allowed here.',
  'target-too-long': 'The request target is longer than allowed here.',
  'expectation-unknown': 'The expectation of the request is not known here.',
  'head-too-large': 'The request header is larger than allowed here.',
  'method-refused': 'The method is not allowed here.',
  'method-unknown': 'The method is not known here.',
  'version-unsupported': 'The HTTP version is not spoken here.',
  'route-not-found': 'No route takes this host and path.',
  'client-too-slow': 'The request body came too slowly.',
  'no-endpoint': 'The route has no endpoint that could answer now.',
  'loop-detected': 'The request has been here before.',
  'upstream-busy': 'Every connection to the endpoints is in use.',
  'upstream-refused': 'No endpoint accepted the connection.',
  'upstream-connect-timeout': 'No endpoint accepted the connection in time.',
  'upstream-closed-early': 'The endpoint closed the connection before it answered.',
  'upstream-malformed': 'The answer of the endpoint could not be understood.',
  'upstream-timeout': 'The endpoint did not answer in time.',
};

/** Longer lists of media types are read so far; nobody's preference stands behind it. */
const ACCEPT_LIMIT_BYTES = 1024;
const accept = Buffer.from('accept');

/** What the client sees of the request that failed. */
export interface FailedRequest {
  /** Undefined where no head was read to its end: nothing of it can be trusted, its method and Accept included. */
  readonly head: RequestHead | undefined;
  readonly client: ClientFacts;
  /** The connection ends behind the answer. */
  readonly close: boolean;
}

/**
 * The one maker of answers that are our own: whole messages as Latin-1 text.
 *
 * The body is text, or `application/problem+json` (RFC 9457) where Accept prefers JSON. Each answer has an id of its
 * own, in `X-Request-Id` and in the body, and is never stored: it says what is so now, to one client. The answer to
 * HEAD says the length that its body would have (RFC 9110, 9.3.2).
 */
export class OwnAnswers {
  readonly #saysReason: boolean;
  readonly #failureLog: FailureLog;

  constructor(
    settings: { readonly reasonHeader: boolean },
    log: Log,
    trusted: TrustedProxies,
    clock: Clock = systemClock,
  ) {
    this.#saysReason = settings.reasonHeader;
    this.#failureLog = new FailureLog(log, clock, trusted);
  }

  make(failure: FailureName, { head, client, close }: FailedRequest): string {
    const { status } = failures[failure];
    const id = randomUUID();
    this.#failureLog.tell(failure, id, head, client);
    const json = head !== undefined && prefersJson(listOf(head, accept, ACCEPT_LIMIT_BYTES));
    const body = json ? jsonBody(failure, id) : textBody(failure, id);
    const answer =
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${dateText()}` +
      `Content-Type: ${json ? 'application/problem+json' : 'text/plain; charset=utf-8'}\r\n` +
      `Content-Length: ${body.length}\r\nCache-Control: no-store\r\nX-Request-Id: ${id}\r\n` +
      `${this.#saysReason ? `x-komainu-reason: ${failure}\r\n` : ''}${linesFor(status)}` +
      `Connection: ${close ? 'close' : 'keep-alive'}\r\n\r\n`;
    return head?.method === 'HEAD' ? answer : answer + body;
  }
}

function linesFor(status: number): string {
  if (status === 405) return 'Allow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS\r\n'; // RFC 9110, 15.5.6
  return status === 503 ? 'Retry-After: 1\r\n' : '';
}

const detailOf = (failure: FailureName) => sentences[failure] ?? 'The request could not be served.';

function textBody(failure: FailureName, id: string): string {
  const { status } = failures[failure];
  return `${status} ${STATUS_CODES[status]}: ${detailOf(failure)}\nRequest id: ${id}\n`;
}

/** RFC 9457, 4.2.1: without a `type` the title is that of the status. */
function jsonBody(failure: FailureName, requestId: string): string {
  const { status } = failures[failure];
  return `${JSON.stringify({ status, title: STATUS_CODES[status], detail: detailOf(failure), requestId })}\n`;
}

import { STATUS_CODES } from 'node:http';
import { type FailureName, failures } from '../../model/failures.ts';

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

/**
 * The one maker of answers that are our own: a whole message as Latin-1 text.
 *
 * `withBody` is false for HEAD, whose answer says the length it would have (RFC 9110, 9.3.2).
 */
export function ownAnswer(failure: FailureName, options: { close: boolean; withBody: boolean; now: Date }): string {
  const { status } = failures[failure];
  const body = `${status} ${STATUS_CODES[status]}: ${sentences[failure] ?? 'The request could not be served.'}\n`;
  const head =
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nDate: ${options.now.toUTCString()}\r\n` +
    `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\n` +
    `${status === 405 ? 'Allow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS\r\n' : ''}` +
    `${status === 503 ? 'Retry-After: 1\r\n' : ''}Connection: ${options.close ? 'close' : 'keep-alive'}\r\n\r\n`;
  return options.withBody ? head + body : head;
}

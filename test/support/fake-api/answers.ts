import type { ServerResponse } from 'node:http';
import type { Misdeed } from './faults.ts';

/** `Status` of meta/v1. */
export function statusBody(code: number, reason: string, message: string, details?: object): object {
  return {
    ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
    ...(details === undefined ? {} : { details }),
  };
}

export function refuse(
  response: ServerResponse,
  code: number,
  reason: string,
  message: string,
  details?: object,
): void {
  sendJson(response, code, statusBody(code, reason, message, details));
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

const reasons: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

export function sendFault(response: ServerResponse, misdeed: Misdeed & { readonly do: 'answer' }): void {
  const { status, retryAfterSeconds, body } = misdeed;
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  sendJson(response, status, body ?? statusBody(status, reasons[status] ?? 'Unknown', 'as the test asked'), headers);
}

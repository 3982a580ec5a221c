import { type FailureName, failures } from '../../model/failures.ts';
import type { RequestHead } from '../http1/request-head.ts';

/** RFC 9110, 9.2.2: sending them twice means what sending them once means. */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** A request that may be sent once more as it stands, although an endpoint may have seen it. */
export const isRepeatable = (head: RequestHead, bodyBegun: boolean): boolean =>
  idempotent.has(head.method) && (head.body === 'none' || (head.expectContinue && !bodyBegun));

/** How an attempt failed. */
export interface FailedAttempt {
  readonly failure: FailureName;
  /** The connection had carried an exchange before. */
  readonly reused: boolean;
  /** A byte of the answer has come. */
  readonly answering: boolean;
  /** `isRepeatable` */
  readonly repeatable: boolean;
  /** The endpoint was known to be failing, and this request was sent to see. */
  readonly probing: boolean;
}

/**
 * Whether a first attempt may be followed by a second one, which is the last:
 *
 *   the connection never came up, any request        yes, out of the budget; free where our doubt sent it there
 *   a pooled connection ended without a byte of an
 *     answer, the request can be repeated            yes and free: it was stale, the endpoint has done nothing for it
 *   anything else                                    no: the endpoint may have begun to act upon it
 */
export function judgeRetry({
  failure,
  reused,
  answering,
  repeatable,
  probing,
}: FailedAttempt): 'no' | 'free' | 'budget' {
  const { retry } = failures[failure];
  if (retry === 'safe') return probing ? 'free' : 'budget';
  return retry === 'if-reused' && reused && !answering && repeatable ? 'free' : 'no';
}

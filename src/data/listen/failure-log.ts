import type { Clock } from '../../base/clock.ts';
import { type FailureName, failures } from '../../model/failures.ts';
import type { Log } from '../../observe/log.ts';
import { clientAddress, type TrustedProxies } from '../forward/client-address.ts';
import type { RequestHead } from '../http1/request-head.ts';
import type { ClientFacts } from '../seam.ts';

const LINES_PER_SECOND = 10;
/** Of host and path: enough to find the request, whatever its client wrote. */
const TEXT_LIMIT = 200;

/**
 * One line for each request that we or an endpoint failed (status 500 and above), so that a request id that a person
 * reports can be looked up. Ten lines a second, then one that says how many are missing. What clients did to themselves
 * is counted, not logged; header values and queries may be secrets and are never said.
 */
export class FailureLog {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #trusted: TrustedProxies;
  #lines = 0;
  #leftOut = 0;

  /** `trusted`: who stands between us and the clients that the log names. */
  constructor(log: Log, clock: Clock, trusted: TrustedProxies) {
    this.#log = log;
    this.#clock = clock;
    this.#trusted = trusted;
  }

  /** `head`: undefined where nothing of it can be trusted. */
  tell(failure: FailureName, requestId: string, head: RequestHead | undefined, client: ClientFacts): void {
    const { status, side } = failures[failure];
    if (status < 500 || side === 'downstream') return;
    if (this.#lines === 0) this.#clock.after(1000, () => this.#nextSecond());
    if (this.#lines++ >= LINES_PER_SECOND) this.#leftOut++;
    else {
      const request = head === undefined ? {} : requestFields(head);
      const address = head === undefined ? client.address : clientAddress(head, client, this.#trusted);
      this.#log.warn({ requestId, failure, status, ...request, client: address }, 'request failed');
    }
  }

  #nextSecond(): void {
    const leftOut = this.#leftOut;
    this.#lines = 0;
    this.#leftOut = 0;
    if (leftOut > 0) this.#log.warn({ leftOut }, 'more requests failed');
  }
}

/** The reader let visible bytes alone pass into any of these. */
const requestFields = ({ method, authority, hostStart, hostEnd, target, targetStart, pathEnd }: RequestHead) => ({
  method,
  host: authority.toString('latin1', hostStart, Math.min(hostEnd, hostStart + TEXT_LIMIT)),
  path: target.toString('latin1', targetStart, Math.min(pathEnd, targetStart + TEXT_LIMIT)),
});

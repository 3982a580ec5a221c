import type { Socket } from 'node:net';
import type { Expiring } from '../../../base/deadlines.ts';
import type { FailureName } from '../../../model/failures.ts';
import type { Shard } from '../../shard.ts';
import { Delivery } from './delivery.ts';
import { UploadPace } from './upload-pace.ts';

/** An endpoint that neither says 100 nor answers may not know `Expect`: the body goes on without it. */
const EXPECT_MS = 1000;

/** What the client is waited for to do. */
export type Wait =
  | 'nothing' // the endpoint is the slow one; its own time runs
  | 'request' // its next one, of which nothing has come
  | 'head'
  | 'endpoint' // its body is held until the endpoint wants it
  | 'body'
  | 'tunnel'
  | 'take'; // our buffers are full of what it has been sent: whatever else it is waited for

/** Who is told that a time is over. */
export interface TimeTaker {
  overdue(wait: Wait, failure: FailureName): void;
}

/** The one deadline of a client connection: which of the time-outs runs, and from when. Arming it is a store. */
export class ClientTime implements Expiring {
  deadlineMs: number;
  deadlineIndex = -1;
  readonly delivery: Delivery;
  readonly #shard: Shard;
  readonly #taker: TimeTaker;
  readonly #upload: UploadPace;
  /** Never 'take'; what is waited for again when the client has taken what it was sent. */
  #wait: Wait = 'head';
  #taking = false;
  #bodyPaused = false;
  /** When the last answer was said; never, before the first request. */
  #idleSinceMs = Number.POSITIVE_INFINITY;

  /** Begins with the wait for the first head. */
  constructor(shard: Shard, socket: Socket, taker: TimeTaker) {
    this.#shard = shard;
    this.#taker = taker;
    this.#upload = new UploadPace(shard.settings.minRateBytesPerSecond);
    this.delivery = new Delivery(socket, shard.settings);
    this.deadlineMs = shard.nowMs + shard.settings.headTimeoutMs;
    shard.deadlines.add(this);
  }

  /** The connection has ended. */
  stop(): void {
    this.#shard.deadlines.remove(this);
  }

  nothing(): void {
    this.#await('nothing');
  }

  request(): void {
    this.#idleSinceMs = this.#shard.nowMs;
    this.#await('request');
  }

  /** `Shard.idleTimeoutMs` has become shorter. */
  hurry(): void {
    if (this.#wait === 'request') this.deadlineMs = Math.min(this.deadlineMs, this.#limitOf('request'));
  }

  head(): void {
    this.#await('head');
  }

  endpoint(): void {
    this.#await('endpoint');
  }

  body(): void {
    this.#bodyPaused = false;
    this.#upload.begin(this.#shard.nowMs);
    this.#await('body');
  }

  /** So many bytes of the body were read, and some of them are of its data. */
  bodyCame(bytes: number): void {
    this.#upload.count(bytes);
    if (!this.#bodyPaused) this.#await('body');
  }

  /** So many bytes that frame it. */
  bodyFramed(bytes: number): void {
    this.#upload.count(bytes);
  }

  /** The endpoint cannot take more of it. */
  pauseBody(): void {
    if (this.#bodyPaused) return;
    this.#bodyPaused = true;
    if (!this.#taking) this.#upload.pause(this.#shard.nowMs);
    this.#await('nothing');
  }

  resumeBody(): void {
    this.#bodyPaused = false;
    if (!this.#taking) this.#upload.resume(this.#shard.nowMs);
    this.#await('body');
  }

  /** The body may come at any pace or not at all: its answer did not wait for it. */
  lateBody(): void {
    this.body();
    this.#upload.exempt();
    this.#await('nothing');
  }

  /** A byte has passed, either way. */
  tunnel(): void {
    this.#await('tunnel');
  }

  /** Our buffers hold what the client has not taken. Meanwhile it need not send. */
  take(): void {
    if (this.#taking) return;
    this.#taking = true;
    if (this.#wait === 'body') this.#upload.pause(this.#shard.nowMs);
    this.deadlineMs = this.delivery.begin(this.#shard.nowMs);
  }

  /** They hold nothing any more. False: nobody waited for that. */
  taken(): boolean {
    if (!this.#taking) return false;
    this.#taking = false;
    if (this.#wait === 'body') this.#upload.resume(this.#shard.nowMs);
    this.#await(this.#wait);
    return true;
  }

  expire(): void {
    const { nowMs } = this.#shard;
    if (!this.#taking) return this.#taker.overdue(this.#wait, this.#failure);
    const next = this.delivery.check(nowMs);
    if (next > nowMs) this.deadlineMs = next;
    else this.#taker.overdue('take', this.delivery.isTooSlow(nowMs) ? 'client-too-slow' : 'client-gone');
  }

  get #failure(): FailureName {
    return this.#wait === 'body' && this.#shard.nowMs >= this.#upload.limitMs ? 'client-too-slow' : 'request-timeout';
  }

  #await(wait: Wait): void {
    this.#wait = wait;
    if (!this.#taking) this.deadlineMs = this.#limitOf(wait);
  }

  #limitOf(wait: Wait): number {
    const { nowMs, settings, idleTimeoutMs } = this.#shard;
    switch (wait) {
      case 'request':
        return this.#idleSinceMs + idleTimeoutMs;
      case 'head':
        return nowMs + settings.headTimeoutMs;
      case 'endpoint':
        return nowMs + EXPECT_MS;
      case 'body':
        return Math.min(nowMs + settings.bodyTimeoutMs, this.#upload.limitMs);
      case 'tunnel':
        return nowMs + settings.tunnelIdleMs;
      default:
        return Number.POSITIVE_INFINITY;
    }
  }
}

import type { FailureName } from '../model/failures.ts';
import type { AnswerHead } from './http1/answer-head.ts';
import type { RequestHead } from './http1/request-head.ts';

/**
 * The line between an engine (`data/listen/*`) and everything behind it. Nothing behind it knows `node:net`.
 *
 *   client ──► engine ── RequestTaker ──► exchange ──► upstream
 *          ◄──        ◄── AnswerSink  ──           ◄──
 *
 * The engine promises: nothing malformed passes; sink calls after the end are ignored; `aborted` is told once and
 * nothing follows it. The exchange promises: one final `head`, then chunks, then one `end` or `abort`; or one `answer`.
 */
export interface RequestTaker {
  /** A judged head. It and the bytes it points into stay as they are until the exchange ends. */
  begin(head: RequestHead, sink: AnswerSink): void;
  /** Body bytes without framing, the exchange's only until it returns. False: the engine stops reading until `resumeBody`. */
  body(bytes: Buffer, start: number, end: number): boolean;
  /** Before `bodyEnd`: trailer lines, whole and checked, with their line ends. The bytes may be kept. */
  trailers(bytes: Buffer, start: number, end: number): void;
  bodyEnd(): void;
  /** Nothing more of this request comes in this turn: send what was gathered. False: read no more of its body until `resumeBody`. */
  flush(): boolean;
  /** The client is gone or broke its own framing; whatever is left to say to it, the engine says. */
  aborted(failure: FailureName): void;
  /** The sink takes more after a `chunk` that returned false. */
  drained(): void;
}

export interface AnswerSink {
  readonly client: ClientFacts;
  /** 100 and 103, passed on at once. */
  informational(head: AnswerHead): void;
  /**
   * The final head: status and header runs as the upstream wrote them, hop-by-hop lines already left out.
   * `extraLines`: whole lines of our own to stand behind them.
   */
  head(head: AnswerHead, extraLines: Buffer | undefined): void;
  /**
   * Body bytes without framing, the sink's only until it returns. False: the client has not taken everything yet. Read
   * no more from the endpoint until `RequestTaker.drained`; what has been read already may follow.
   */
  chunk(bytes: Buffer, start: number, end: number): boolean;
  /** Before `end`: trailer lines, whole and checked, with their line ends. Left out where the client did not ask for them. */
  trailers(bytes: Buffer, start: number, end: number): void;
  end(): void;
  /** What was begun cannot be finished: the client must see that it is incomplete. */
  abort(): void;
  /** An answer of our own, from the one maker; only before `head`. */
  answer(failure: FailureName): void;
  /** Nothing more comes in this turn: write what was gathered. False: as with `chunk`. */
  flush(): boolean;
  resumeBody(): void;
  /** Instead of `head`, for a 101: from here on both sides are bytes without framing; `end` closes our direction only. */
  tunnel(head: AnswerHead, extraLines: Buffer | undefined): void;
}

/** What an engine knows of its client, once per connection: the socket's own ends, or those that a PROXY header names. */
export interface ClientFacts {
  /** IP address as text; never IPv4-mapped, without a zone. */
  readonly address: string;
  readonly port: number;
  /** Where the client meant to connect, likewise. */
  readonly localAddress: string;
  readonly localPort: number;
  /** The address is one of `trustedProxies`: what it says about its own client is believed. */
  readonly trusted: boolean;
  /** `X-Forwarded-For`, `-Proto`, `-Port` and `X-Real-IP` as header lines, ready to copy; for a client that is not trusted. */
  readonly forwardedLines: Buffer;
}

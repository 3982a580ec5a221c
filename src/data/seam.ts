import type { FailureName } from '../model/failures.ts';
import type { AnswerHead } from './http1/answer-head.ts';
import type { RequestHead } from './http1/request-head.ts';

/**
 * The line between an engine (`data/listen/*`) and everything behind it. Nothing behind it knows `node:net`.
 *
 *   client ──► engine ── RequestTaker ──► exchange ──► upstream
 *          ◄──        ◄── AnswerSink  ──           ◄──
 *
 * The engine promises: nothing malformed passes; calls of the sink after the end are ignored; `aborted` is told once
 * and nothing after it. The exchange promises: one final head, then chunks, then one `end` or `abort`.
 */
export interface RequestTaker {
  /** A judged head. `head` and the bytes it points into stay as they are until the exchange ends. */
  begin(head: RequestHead, sink: AnswerSink): void;
  /** Body bytes without framing, valid only during the call. False: the engine waits for `AnswerSink.resumeBody`. */
  body(bytes: Uint8Array, start: number, end: number): boolean;
  bodyEnd(): void;
  /** The client is gone or broke its framing; nobody is left to answer. */
  aborted(failure: FailureName): void;
  /** The sink takes more after a `chunk` that returned false. */
  drained(): void;
}

export interface AnswerSink {
  readonly client: ClientFacts;
  /** 100 and 103: passed on at once. */
  informational(head: AnswerHead): void;
  /** The final head: status and header runs as the upstream wrote them, hop-by-hop lines already left out. */
  head(head: AnswerHead): void;
  /** Body bytes without framing, valid only during the call. False: wait for `RequestTaker.drained`. */
  chunk(bytes: Uint8Array, start: number, end: number): boolean;
  /** Everything was said. */
  end(): void;
  /** What was begun cannot be finished: the client must see that it is incomplete. */
  abort(): void;
  /** An answer of our own, made by the engine from the one maker; only before `head`. */
  answer(failure: FailureName): void;
  /** Nothing more comes in this turn: write what was gathered. */
  flush(): void;
  resumeBody(): void;
  /** After a 101 in `head`: both sides are bytes from here on; what comes from the client goes to `body`. */
  tunnel(): void;
}

/** What the engine knows of the client, once per connection. */
export interface ClientFacts {
  readonly address: string;
  /** `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Port` and `X-Real-IP` lines, ready to copy. */
  readonly forwardedLines: Uint8Array;
}

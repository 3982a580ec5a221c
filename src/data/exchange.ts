import { ByteStash } from '../base/byte-stash.ts';
import { type FailureName, failures } from '../model/failures.ts';
import { shardWord } from '../table/shard-words.ts';
import { proxyHeader } from './forward/proxy-header.ts';
import type { AnswerHead } from './http1/answer-head.ts';
import { CHUNK_END, chunkSizeLine, writeLastChunk } from './http1/chunk-lines.ts';
import { noBytes } from './http1/message-head.ts';
import type { RequestHead } from './http1/request-head.ts';
import type { AnswerSink, RequestTaker } from './seam.ts';
import { settle } from './settle.ts';
import type { Shard } from './shard.ts';
import type { BackendState } from './upstream/backend-state.ts';
import type { EndpointState } from './upstream/endpoint-state.ts';
import { Placement, type PlacementTaker } from './upstream/placement.ts';
import { isRepeatable } from './upstream/retry-rule.ts';
import type { Wire } from './upstream/wire.ts';

type State =
  | 'idle'
  | 'seeking' // there is no connection to an endpoint yet
  | 'exchanging' // the head is sent
  | 'answering' // the final head is told
  | 'tunnel'
  | 'ended';

/**
 * One request and its answer; the object serves one client connection and is used again for each request on it.
 *
 *   client ──(1)──► engine ──(2,3)──► endpoint
 *          ◄──(5)──        ◄──(4)───
 *
 * (1) the engine hands over a judged head     (4) the endpoint's answer arrives
 * (2) route, find a place (`Placement`)        (5) send it on, pump the body
 * (3) send the head, pump the body            (6) settle: count and release; always reached, once
 */
export class Exchange implements RequestTaker, PlacementTaker {
  readonly #shard: Shard;
  #state: State = 'idle';
  #head: RequestHead | undefined;
  /** Undefined outside an exchange, so that what comes late has nowhere to go. */
  #sink: AnswerSink | undefined;
  #client: AnswerSink | undefined;
  readonly #placement: Placement;
  #backend: BackendState | undefined;
  #startedMs = 0;
  #bodyDone = false;
  /** The endpoint has part of it. */
  #bodyBegun = false;
  /** The endpoint wants no more of it. */
  #bodyUnwanted = false;
  /** What came of it while there was no connection to send it on: one piece, however small the chunks it came in. */
  readonly #early = new ByteStash();
  #beginning = false;
  /** Of the request, to go on behind its body. */
  #trailers = noBytes;
  #clientEnded = false;
  #upstreamEnded = false;

  constructor(shard: Shard) {
    this.#shard = shard;
    this.#placement = new Placement(shard, this);
  }

  get active(): boolean {
    return this.#state !== 'idle' && this.#state !== 'ended';
  }

  // (1)
  begin(head: RequestHead, sink: AnswerSink): void {
    this.#head = head;
    this.#sink = sink;
    this.#client = sink;
    this.#startedMs = performance.now();
    this.#bodyDone = head.body === 'none';
    this.#bodyBegun = false;
    this.#bodyUnwanted = false;
    this.#trailers = noBytes;
    this.#clientEnded = false;
    this.#upstreamEnded = false;
    this.#state = 'seeking';
    this.#shard.words[shardWord.exchangesActive]++;
    this.#beginning = true;
    this.#route(head);
    this.#beginning = false;
  }

  // (2)
  #route(head: RequestHead): void {
    const { routes, backends, requestLines } = this.#shard;
    if (requestLines.isLoop(head)) return this.#answer('loop-detected');
    const { authority, hostStart, hostEnd, target, targetStart, pathEnd } = head;
    const rule = routes.find(authority, hostStart, hostEnd, target, targetStart, pathEnd);
    if (rule < 0) return this.#answer('route-not-found');
    this.#backend = backends.get(routes.backendOf(rule));
    this.#placement.seek(this.#backend, head, (this.#sink as AnswerSink).client);
  }

  unplaced(failure: FailureName): void {
    this.#answer(failure);
  }

  // (3)
  wireConnected(wire: Wire): void {
    this.#send(wire);
    // Body bytes that came with the head follow in this turn and leave in the same write.
    if (this.#beginning && !this.#bodyDone) return;
    this.#shard.upstreamOutput.flush();
    this.#sink?.resumeBody();
  }

  #send(wire: Wire): void {
    const head = this.#head as RequestHead;
    const sink = this.#sink as AnswerSink;
    this.#state = 'exchanging';
    wire.beginRequest(head.method === 'HEAD', head.upgrade, head.trailersAccepted);
    const output = this.#shard.upstreamOutput.for(wire.socket);
    const { policy } = this.#backend as BackendState;
    if (!wire.reused && wire.proxyProtocol !== 'off') output.all(proxyHeader(wire.proxyProtocol, sink.client));
    this.#shard.requestLines.write(output, head, sink.client, this.#placement.endpoint as EndpointState, policy);
    if (this.#early.length > 0) this.#sendEarly(wire);
    if (this.#bodyDone) this.#sendBodyEnd(wire);
  }

  #sendEarly(wire: Wire): void {
    const bytes = this.#early.take();
    this.#sendBody(wire, bytes, 0, bytes.length);
  }

  body(bytes: Buffer, start: number, end: number): boolean {
    if (this.#state === 'seeking') return this.#keepEarly(bytes, start, end);
    const { wire } = this.#placement;
    // Answered already, or as good as: the rest is read and dropped.
    if (wire === undefined || this.#state === 'ended' || this.#bodyUnwanted || wire.socket.deaf) return true;
    return this.#sendBody(wire, bytes, start, end);
  }

  /** What the engine has read already; it reads on when there is a connection. */
  #keepEarly(bytes: Buffer, start: number, end: number): false {
    this.#early.append(bytes, start, end);
    return false;
  }

  #sendBody(wire: Wire, bytes: Buffer, start: number, end: number): boolean {
    this.#bodyBegun = true;
    if (this.#state === 'tunnel') wire.touch();
    const output = this.#shard.upstreamOutput.for(wire.socket);
    const framed = this.#head?.body === 'chunked' && this.#state !== 'tunnel';
    if (framed) output.text(chunkSizeLine(end - start));
    output.body(bytes, start, end);
    if (framed) output.all(CHUNK_END);
    if (wire.socket.writableLength === 0) return true;
    wire.awaitDrain();
    return false;
  }

  trailers(bytes: Buffer, start: number, end: number): void {
    if (this.#backend?.policy.requestTrailers) this.#trailers = bytes.subarray(start, end);
  }

  bodyEnd(): void {
    const { wire } = this.#placement;
    this.#bodyDone = true;
    if (this.#state === 'tunnel') this.#endClientSide();
    else if (wire !== undefined && this.#state !== 'seeking' && !this.#bodyUnwanted && !wire.socket.deaf)
      this.#sendBodyEnd(wire);
  }

  #sendBodyEnd(wire: Wire): void {
    if (this.#head?.body === 'chunked') writeLastChunk(this.#shard.upstreamOutput.for(wire.socket), this.#trailers);
    wire.requestSent();
  }

  flush(): boolean {
    this.#shard.upstreamOutput.flush();
    const { wire } = this.#placement;
    if (wire === undefined || wire.socket.deaf || wire.socket.writableLength === 0) return true;
    if (this.#bodyDone && this.#state !== 'tunnel') return true;
    wire.awaitDrain();
    return false;
  }

  wireDrained(): void {
    this.#sink?.resumeBody();
  }

  // (4), (5)
  wireInformational(head: AnswerHead): void {
    if (head.status === 100 || head.status === 103) this.#sink?.informational(head);
  }

  wireHead(head: AnswerHead): void {
    this.#state = 'answering';
    this.#count(head.status);
    this.#placement.answered(head.status);
    if (!this.#bodyDone) this.#judgeRest(head);
    this.#sink?.head(head, this.#placement.answerLines());
  }

  /**
   * Whether the endpoint wants the rest of the body behind this head. RFC 9112, 9.5: not when it closes after an error.
   * Nor when it said its answer where 100 was expected: some then take a body for the next request. One that begins a
   * good answer may still read it, but nothing else follows there.
   */
  #judgeRest({ status, keepAlive, framing }: AnswerHead): void {
    const unasked = !this.#bodyBegun && (this.#head as RequestHead).expectContinue;
    if (unasked) this.#placement.wire?.wearOut();
    this.#bodyUnwanted = (status >= 400 && !keepAlive) || (unasked && (status >= 300 || framing === 'none'));
  }

  wireBody(bytes: Buffer, start: number, end: number): boolean {
    return this.#sink?.chunk(bytes, start, end) ?? true;
  }

  wireTrailers(bytes: Buffer, start: number, end: number): void {
    this.#sink?.trailers(bytes, start, end);
  }

  wireFlush(): boolean {
    return this.#sink?.flush() ?? true;
  }

  drained(): void {
    this.#placement.wire?.resume();
  }

  wireEnd(): void {
    const sink = this.#sink;
    this.#placement.succeeded();
    this.#placement.release();
    this.#settle();
    sink?.end();
  }

  wireTunnel(head: AnswerHead): void {
    this.#state = 'tunnel';
    this.#count(head.status);
    this.#placement.succeeded();
    this.#sink?.tunnel(head, this.#placement.answerLines());
  }

  wireTunnelEnd(): void {
    const sink = this.#sink;
    this.#upstreamEnded = true;
    // Before the sink hears of it: it may close, and what has ended must not be taken for something to abort.
    if (this.#clientEnded) this.#endTunnel();
    sink?.end();
  }

  #endClientSide(): void {
    this.#clientEnded = true;
    this.#shard.upstreamOutput.flush();
    this.#placement.wire?.endTunnel();
    if (this.#upstreamEnded) this.#endTunnel();
  }

  /** Both directions have ended; what is still to be written to the endpoint leaves before its socket closes. */
  #endTunnel(): void {
    this.#placement.wire?.finishTunnel();
    this.#placement.release();
    this.#settle();
  }

  wireFailed(failure: FailureName): void {
    const begun = this.#state === 'answering' || this.#state === 'tunnel';
    const repeatable = isRepeatable(this.#head as RequestHead, this.#bodyBegun);
    const again = this.#placement.failed(failure, repeatable, begun);
    if (begun) return this.#cut(failure);
    if (!again) return this.#answer(failure);
    this.#state = 'seeking';
    this.#placement.retry(failure);
  }

  aborted(failure: FailureName): void {
    if (this.active) this.#fail(failure);
  }

  clientGone(): void {
    this.aborted('client-gone');
    this.#placement.clientGone();
  }

  /** Code that served it has thrown: the client is told where that is still possible, and cut off where not. */
  destroy(): void {
    if (this.#state === 'seeking' || this.#state === 'exchanging') this.#answer('shard-failed');
    else if (this.active) this.#cut('shard-failed');
    else this.#client?.abort();
  }

  #answer(failure: FailureName): void {
    const sink = this.#sink;
    this.#count(failures[failure].status);
    this.#fail(failure);
    sink?.answer(failure);
  }

  /** The answer has begun and cannot be finished. */
  #cut(failure: FailureName): void {
    const sink = this.#sink;
    this.#fail(failure);
    sink?.abort();
  }

  #fail(failure: FailureName): void {
    this.#placement.abandon();
    this.#shard.countFailure(failure);
    this.#settle();
  }

  #count(status: number): void {
    this.#shard.words[shardWord.answers + Math.floor(status / 100) - 1]++;
  }

  // (6)
  #settle(): void {
    this.#state = 'ended';
    this.#sink = undefined;
    if (this.#early.length > 0) this.#early.take();
    this.#placement.settle();
    settle(this.#shard.words, performance.now() - this.#startedMs);
  }
}

import { type FailureName, failures } from '../model/failures.ts';
import { isOut, lifeOf, tellNothing, tellSuccess } from '../table/health-words.ts';
import { shardWord } from '../table/shard-words.ts';
import type { AnswerHead } from './http1/answer-head.ts';
import { CHUNK_END, chunkSizeLine, writeLastChunk } from './http1/chunk-lines.ts';
import { noBytes } from './http1/message-head.ts';
import type { RequestHead } from './http1/request-head.ts';
import type { AnswerSink, RequestTaker } from './seam.ts';
import { settle } from './settle.ts';
import type { Shard } from './shard.ts';
import type { BackendState } from './upstream/backend-state.ts';
import type { EndpointState } from './upstream/endpoint-state.ts';
import { isFailing, reportFailure } from './upstream/report-health.ts';
import { Wire, type WireTaker } from './upstream/wire.ts';

/** Body bytes gathered while no connection to an endpoint is there to take them. */
const EARLY_BODY_LIMIT_BYTES = 64 * 1024;
const ATTEMPT_LIMIT = 3;

/** RFC 9110, 9.2.2: sending them twice means what sending them once means. */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

type State =
  | 'idle'
  | 'connecting' // an endpoint is picked, its connection is not there yet
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
 * (2) route, pick an endpoint                 (5) send it on, pump the body
 * (3) send the head, pump the body            (6) settle: count and release; always reached, once
 */
export class Exchange implements RequestTaker, WireTaker {
  readonly #shard: Shard;
  #state: State = 'idle';
  #head: RequestHead | undefined;
  /** Undefined outside an exchange, so that what comes late has nowhere to go. */
  #sink: AnswerSink | undefined;
  #client: AnswerSink | undefined;
  #backend: BackendState | undefined;
  #endpoint: EndpointState | undefined;
  #wire: Wire | undefined;
  /** `lifeOf` the endpoint when it was picked. */
  #life = 0;
  /** The answer itself is the endpoint's failure. */
  #failing = false;
  #attempts = 0;
  #startedMs = 0;
  #bodyDone = false;
  #early: Buffer[] = [];
  #earlyBytes = 0;
  /** Of the request, to go on behind its body. */
  #trailers = noBytes;
  #clientEnded = false;
  #upstreamEnded = false;

  constructor(shard: Shard) {
    this.#shard = shard;
  }

  get active(): boolean {
    return this.#state !== 'idle' && this.#state !== 'ended';
  }

  // (1)
  begin(head: RequestHead, sink: AnswerSink): void {
    this.#head = head;
    this.#sink = sink;
    this.#client = sink;
    this.#endpoint = undefined;
    this.#attempts = 0;
    this.#startedMs = performance.now();
    this.#bodyDone = head.body === 'none';
    this.#early.length = 0;
    this.#earlyBytes = 0;
    this.#trailers = noBytes;
    this.#clientEnded = false;
    this.#upstreamEnded = false;
    this.#state = 'connecting';
    this.#shard.words[shardWord.exchangesActive]++;
    this.#route(head);
  }

  // (2)
  #route(head: RequestHead): void {
    const { routes, requestLines } = this.#shard;
    if (requestLines.isLoop(head)) return this.#answer('loop-detected');
    const { authority, hostStart, hostEnd, target, targetStart, pathEnd } = head;
    const rule = routes.find(authority, hostStart, hostEnd, target, targetStart, pathEnd);
    if (rule < 0) return this.#answer('route-not-found');
    this.#backend = this.#shard.backends.get(routes.backendOf(rule));
    this.#attempt('no-endpoint');
  }

  /** `otherwise`: what the client is told when no endpoint is left to try. `not`: the endpoint that has just failed. */
  #attempt(otherwise: FailureName, not?: EndpointState): void {
    const shard = this.#shard;
    const { picker } = this.#backend as BackendState;
    const { client } = this.#sink as AnswerSink;
    const endpoint = picker.pick(this.#head as RequestHead, client, shard.health, shard.healthMoment, not);
    if (endpoint === undefined) return this.#answer(otherwise);
    this.#endpoint = endpoint;
    this.#life = lifeOf(shard.health, endpoint.slot);
    this.#failing = false;
    // A second attempt takes a new connection: after one stale connection the others of the pool are suspect too.
    const idle = this.#attempts++ === 0 ? endpoint.takeIdle() : undefined;
    if (idle === undefined) {
      this.#state = 'connecting';
      this.#wire = new Wire(shard, endpoint, this);
    } else {
      idle.attach(this);
      this.#wire = idle;
      this.#send(idle);
    }
  }

  wireConnected(wire: Wire): void {
    this.#send(wire);
    this.#sink?.resumeBody();
  }

  // (3)
  #send(wire: Wire): void {
    const head = this.#head as RequestHead;
    const sink = this.#sink as AnswerSink;
    this.#state = 'exchanging';
    wire.beginRequest(head.method === 'HEAD', head.upgrade, head.trailersAccepted);
    const output = this.#shard.upstreamOutput.for(wire.socket);
    const { policy } = this.#backend as BackendState;
    this.#shard.requestLines.write(output, head, sink.client, this.#endpoint as EndpointState, policy);
    for (const bytes of this.#early.splice(0)) this.#sendBody(wire, bytes, 0, bytes.length);
    if (this.#bodyDone) this.#sendBodyEnd(wire);
    // Body bytes that came with the head follow in this turn and leave in the same write.
    if (this.#bodyDone || this.#earlyBytes > 0 || wire.reused === false) output.flush();
  }

  body(bytes: Buffer, start: number, end: number): boolean {
    const wire = this.#wire;
    if (this.#state === 'connecting') return this.#keepEarly(Buffer.from(bytes.subarray(start, end)));
    if (wire === undefined || this.#state === 'ended') return true; // answered already: the rest is read and dropped
    return this.#sendBody(wire, bytes, start, end);
  }

  #keepEarly(bytes: Buffer): boolean {
    this.#early.push(bytes);
    this.#earlyBytes += bytes.length;
    return this.#earlyBytes < EARLY_BODY_LIMIT_BYTES;
  }

  #sendBody(wire: Wire, bytes: Buffer, start: number, end: number): boolean {
    if (this.#state === 'tunnel') wire.touch();
    const output = this.#shard.upstreamOutput.for(wire.socket);
    const framed = this.#head?.body === 'chunked' && this.#state !== 'tunnel';
    if (framed) output.text(chunkSizeLine(end - start));
    output.body(bytes, start, end);
    if (framed) output.all(CHUNK_END);
    if (wire.socket.writableLength < wire.socket.writableHighWaterMark) return true;
    wire.awaitDrain();
    return false;
  }

  trailers(bytes: Buffer, start: number, end: number): void {
    if (this.#backend?.policy.requestTrailers) this.#trailers = bytes.subarray(start, end);
  }

  bodyEnd(): void {
    this.#bodyDone = true;
    if (this.#state === 'tunnel') this.#endClientSide();
    else if (this.#wire !== undefined && (this.#state === 'exchanging' || this.#state === 'answering'))
      this.#sendBodyEnd(this.#wire);
  }

  #sendBodyEnd(wire: Wire): void {
    if (this.#head?.body === 'chunked') writeLastChunk(this.#shard.upstreamOutput.for(wire.socket), this.#trailers);
    wire.requestSent();
  }

  flush(): void {
    this.#shard.upstreamOutput.flush();
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
    this.#judge(head.status);
    this.#sink?.head(head, this.#answerLines());
  }

  /** What the client must be told for its next request to come to the same endpoint. */
  #answerLines(): Buffer | undefined {
    const { affinity } = this.#backend as BackendState;
    return affinity?.answerLines(this.#head as RequestHead, this.#endpoint as EndpointState);
  }

  /** A 5xx counts at once, a good answer when it is whole; but where it was the probe, nobody waits for its end. */
  #judge(status: number): void {
    this.#failing = isFailing(status);
    if (this.#failing) this.#reportFailure(false);
    else if (isOut(this.#shard.health, (this.#endpoint as EndpointState).slot)) this.#reportSuccess();
  }

  #reportSuccess(): void {
    tellSuccess(this.#shard.health, (this.#endpoint as EndpointState).slot, this.#life);
  }

  #reportFailure(atOnce: boolean): void {
    reportFailure(this.#shard, this.#backend as BackendState, this.#endpoint as EndpointState, this.#life, atOnce);
  }

  wireBody(bytes: Buffer, start: number, end: number): boolean {
    return this.#sink?.chunk(bytes, start, end) ?? true;
  }

  wireTrailers(bytes: Buffer, start: number, end: number): void {
    this.#sink?.trailers(bytes, start, end);
  }

  wireFlush(): void {
    this.#sink?.flush();
  }

  drained(): void {
    this.#wire?.resume();
  }

  wireEnd(): void {
    this.#wire = undefined;
    if (!this.#failing) this.#reportSuccess();
    const sink = this.#sink;
    this.#settle();
    sink?.end();
  }

  wireTunnel(head: AnswerHead): void {
    this.#state = 'tunnel';
    this.#count(head.status);
    this.#reportSuccess();
    this.#sink?.tunnel(head);
  }

  wireTunnelEnd(): void {
    this.#upstreamEnded = true;
    this.#sink?.end();
    if (this.#clientEnded) this.#endTunnel();
  }

  #endClientSide(): void {
    this.#clientEnded = true;
    this.#shard.upstreamOutput.flush();
    this.#wire?.endTunnel();
    if (this.#upstreamEnded) this.#endTunnel();
  }

  /** Both directions have ended; what is still to be written to the endpoint leaves before its socket closes. */
  #endTunnel(): void {
    this.#wire?.finishTunnel();
    this.#wire = undefined;
    this.#settle();
  }

  wireFailed(failure: FailureName): void {
    const wire = this.#wire;
    this.#wire = undefined;
    if (this.#state !== 'tunnel' && !this.#failing) this.#reportFailure(failures[failure].retry === 'safe');
    if (this.#state === 'answering' || this.#state === 'tunnel') return this.#cut(failure);
    if (!this.#mayRetry(failure, wire)) return this.#answer(failure);
    this.#shard.words[shardWord.retries]++;
    this.#attempt(failure, failures[failure].retry === 'safe' ? this.#endpoint : undefined);
  }

  /** Never after a byte of an answer, never a request that an endpoint may have begun to act upon, unless repeating it is harmless. */
  #mayRetry(failure: FailureName, wire: Wire | undefined): boolean {
    if (this.#attempts >= ATTEMPT_LIMIT) return false;
    const { retry } = failures[failure];
    if (retry === 'safe') return true;
    const head = this.#head as RequestHead;
    const stale = wire?.reused === true && !wire.answering;
    return retry === 'if-reused' && stale && head.body === 'none' && idempotent.has(head.method);
  }

  aborted(failure: FailureName): void {
    if (!this.active) return;
    this.#wire?.destroy();
    this.#wire = undefined;
    this.#fail(failure);
  }

  /** Code that served it has thrown: the client is told where that is still possible, and cut off where not. */
  destroy(): void {
    this.#wire?.destroy();
    this.#wire = undefined;
    if (this.#state === 'connecting' || this.#state === 'exchanging') this.#answer('shard-failed');
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
    this.#early.length = 0;
    const { health, healthMoment } = this.#shard;
    if (this.#endpoint !== undefined) tellNothing(health, this.#endpoint.slot, this.#life, healthMoment);
    settle(this.#shard.words, performance.now() - this.#startedMs);
  }
}

import { ByteStash } from '../../base/byte-stash.ts';
import type { Expiring } from '../../base/deadlines.ts';
import type { BackendPolicy } from '../../model/backend-policy.ts';
import type { FailureName } from '../../model/failures.ts';
import { type Stage, shardWord } from '../../table/shard-words.ts';
import { AnswerHead, readAnswerHead } from '../http1/answer-head.ts';
import { ChunkedBody } from '../http1/chunked-body.ts';
import { INCOMPLETE, REFUSED } from '../http1/reading.ts';
import type { Shard, Subject } from '../shard.ts';
import { connectTo, type EndpointSocket, isOwnFault } from './endpoint-socket.ts';
import type { EndpointState } from './endpoint-state.ts';

/** 100 and 103 are passed on, others skipped; more than this many is an upstream that never answers. */
const INFORMATIONAL_LIMIT = 8;

/** The exchange, as its upstream connection sees it. */
export interface WireTaker extends Subject {
  wireConnected(wire: Wire): void;
  wireInformational(head: AnswerHead): void;
  wireHead(head: AnswerHead): void;
  /** False: stop reading until `Wire.resume`. The bytes are the taker's only until it returns. */
  wireBody(bytes: Buffer, start: number, end: number): boolean;
  /** Trailer lines that may be passed on, before `wireEnd`; only where they were asked for. */
  wireTrailers(bytes: Buffer, start: number, end: number): void;
  /** The answer is complete. The wire has already gone back to its pool or ended. */
  wireEnd(): void;
  wireTunnel(head: AnswerHead): void;
  /** One direction of a tunnel has ended. */
  wireTunnelEnd(): void;
  wireFailed(failure: FailureName): void;
  wireDrained(): void;
  /** This turn's bytes have all been told. False: as with `wireBody`. */
  wireFlush(): boolean;
}

type Phase = 'connecting' | 'idle' | 'head' | 'length' | 'chunked' | 'until-close' | 'tunnel' | 'closed'; // terminal: nothing leaves it, whatever arrives late

/**
 * One HTTP/1.1 connection to an endpoint. It carries one exchange at a time and goes back to its pool only after an
 * answer that ended where its framing said, on a request that was sent whole.
 */
export class Wire implements Expiring {
  deadlineMs = Number.POSITIVE_INFINITY;
  deadlineIndex = -1;
  readonly endpoint: EndpointState;
  /** The header of the PROXY protocol that it begins with, and that binds it to one client. */
  readonly proxyProtocol: BackendPolicy['proxyProtocol'];
  /** It has carried an exchange before: a failure may mean that it was stale. */
  reused = false;
  /** Bytes of the present answer have arrived. */
  answering = false;
  /** It could not be opened, and that was not the endpoint's doing. */
  ownFault = false;
  readonly #shard: Shard;
  readonly #socket: EndpointSocket;
  readonly #head = new AnswerHead();
  readonly #chunked = new ChunkedBody();
  readonly #stash = new ByteStash();
  #taker: WireTaker | undefined;
  #phase: Phase = 'connecting';
  #headRequest = false;
  #requestSent = false;
  #upgradeAsked = false;
  #trailersAsked = false;
  #informational = 0;
  #left = 0;
  #reading = true;
  #upstreamEnded = false;
  /** One side of the tunnel has ended: a client that is gone for good must not keep it for an hour. */
  #halfEnded = false;
  /** Among the connections that the endpoint's limit is about. */
  #counted = true;
  /** From then on it takes no other exchange. */
  #oldMs: number;

  constructor(
    shard: Shard,
    endpoint: EndpointState,
    taker: WireTaker,
    proxyProtocol: BackendPolicy['proxyProtocol'] = 'off',
  ) {
    this.#shard = shard;
    this.endpoint = endpoint;
    this.proxyProtocol = proxyProtocol;
    this.#taker = taker;
    this.#oldMs = shard.nowMs + shard.settings.upstreamMaxAgeMs;
    endpoint.opened();
    this.deadlineMs = shard.nowMs + shard.settings.connectTimeoutMs;
    shard.deadlines.add(this);
    shard.words[shardWord.upstreamOpen]++;
    shard.words[shardWord.upstreamTotal]++;
    this.#socket = connectTo(endpoint, (size, bytes) => this.#onRead(size, bytes));
    this.#socket.onDeaf = () => this.#onDeaf();
    this.#socket.on('connect', () => this.#onConnect());
    this.#socket.on('end', () => this.#onEnd());
    this.#socket.on('drain', () => this.#onDrain());
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#onClose(error.code));
    this.#socket.on('close', () => this.#onClose(undefined));
  }

  /** The socket, for the code that writes requests on it. */
  get socket(): EndpointSocket {
    return this.#socket;
  }

  /** It may be used by one client alone. */
  get bound(): boolean {
    return this.proxyProtocol !== 'off';
  }

  /** It carries nothing and is open. */
  get resting(): boolean {
    return this.#phase === 'idle';
  }

  /** Takes an idle wire for an exchange. */
  attach(taker: WireTaker): void {
    this.reused = true;
    this.#taker = taker;
    this.#shard.words[shardWord.upstreamReused]++;
  }

  /** A request head is about to be written. `upgrade`: a 101 is an answer to it. `trailers`: those of the answer are told. */
  beginRequest(headRequest: boolean, upgrade: boolean, trailers: boolean): void {
    this.#phase = 'head';
    this.#headRequest = headRequest;
    this.#upgradeAsked = upgrade;
    this.#trailersAsked = trailers;
    this.#requestSent = false;
    this.#informational = 0;
    this.answering = false;
    this.deadlineMs = Number.POSITIVE_INFINITY;
  }

  /** No other exchange may use it. */
  wearOut(): void {
    this.#oldMs = Number.NEGATIVE_INFINITY;
  }

  /** The request has been written whole: the endpoint's time to answer begins. */
  requestSent(): void {
    this.#requestSent = true;
    this.#watch();
  }

  /** Request bytes wait in our own buffers: the endpoint must take them within the body time-out. */
  awaitDrain(): void {
    if (this.#phase === 'closed') return;
    this.deadlineMs = this.#shard.nowMs + this.#shard.settings.bodyTimeoutMs;
  }

  resume(): void {
    if (this.#phase === 'closed' || this.#reading) return;
    this.#reading = true;
    this.touch();
    this.#socket.resume();
  }

  /** Our direction of a tunnel has ended. */
  endTunnel(): void {
    if (this.#phase !== 'tunnel') return;
    this.#halfEnded = true;
    this.touch();
    this.#socket.end();
  }

  /** Both directions of a tunnel have ended: what is still to be written leaves, then the socket closes by itself. */
  finishTunnel(): void {
    this.#taker = undefined;
    this.deadlineMs = this.#shard.nowMs + this.#shard.settings.bodyTimeoutMs;
  }

  /** Ends the connection at once; its exchange hears nothing more from it. */
  destroy(): void {
    this.#taker = undefined;
    this.#close();
  }

  expire(): void {
    this.#enter('timer');
    if (this.#phase === 'idle') this.destroy();
    else this.#fail(this.#phase === 'connecting' ? 'upstream-connect-timeout' : 'upstream-timeout');
    this.#shard.leave();
  }

  /** What throws from here on harms the exchange that the wire carries, and the wire with it. */
  #enter(stage: Stage): void {
    this.#shard.enter(stage, this.#taker ?? this);
  }

  #onConnect(): void {
    if (this.#phase !== 'connecting') return;
    this.#enter('upstream-event');
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.#taker?.wireConnected(this);
    this.#shard.leave();
  }

  #onRead(size: number, bytes: Buffer): boolean {
    this.#enter('upstream-bytes');
    const taker = this.#taker;
    if (taker === undefined) {
      // RFC 9112, 9.2: an endpoint that speaks without being asked cannot be trusted with the next request.
      this.destroy();
    } else {
      this.answering = true;
      this.touch();
      this.#take(bytes, size);
      if (!taker.wireFlush() && (this.#inBody || this.#phase === 'tunnel')) this.#hold();
    }
    this.#shard.leave();
    return this.#reading;
  }

  #take(bytes: Buffer, size: number): void {
    if (this.#stash.length === 0) return this.#read(bytes, 0, size);
    this.#stash.append(bytes, 0, size);
    const all = this.#stash.take();
    this.#read(all, 0, all.length);
  }

  #read(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      switch (this.#phase) {
        case 'head': {
          const after = readAnswerHead(this.#head, bytes, at, end, this.#shard.settings, this.#headRequest);
          if (after === INCOMPLETE) return this.#stash.append(bytes, at, end);
          if (after === REFUSED) return this.#fail('upstream-malformed');
          at = after;
          this.#onHead(at < end);
          break;
        }
        case 'length': {
          const piece = Math.min(this.#left, end - at);
          this.#left -= piece;
          this.#body(bytes, at, at + piece);
          at += piece;
          if (this.#left === 0) this.#finish(this.#head.keepAlive && at === end);
          break;
        }
        case 'chunked':
          at = this.#chunk(bytes, at, end);
          break;
        case 'until-close':
        case 'tunnel':
          this.#body(bytes, at, end);
          return;
        default:
          return;
      }
    }
  }

  #chunk(bytes: Buffer, start: number, end: number): number {
    const chunked = this.#chunked;
    const at = chunked.step(bytes, start, end);
    if (chunked.dataEnd > chunked.dataStart) this.#body(bytes, chunked.dataStart, chunked.dataEnd);
    if (chunked.state === 'malformed') this.#fail('upstream-malformed');
    else if (chunked.state === 'done') this.#endChunked(at === end);
    return at;
  }

  #endChunked(nothingFollows: boolean): void {
    const { trailers } = this.#chunked;
    if (trailers.length > 0) this.#taker?.wireTrailers(trailers, 0, trailers.length);
    this.#finish(this.#head.keepAlive && nothingFollows);
  }

  #body(bytes: Buffer, start: number, end: number): void {
    if (this.#taker?.wireBody(bytes, start, end) === false) this.#hold();
  }

  /** The client is the slow one; the engine watches it. */
  #hold(): void {
    this.#reading = false;
    this.deadlineMs = Number.POSITIVE_INFINITY;
  }

  #onHead(more: boolean): void {
    const head = this.#head;
    if (head.status === 101) return this.#onSwitch();
    if (head.status < 200) return this.#onInformational();
    this.#phase = head.framing === 'none' ? 'head' : head.framing;
    if (head.framing === 'chunked') this.#chunked.reset(this.#trailersAsked);
    this.#left = head.contentLength;
    this.touch();
    this.#taker?.wireHead(head);
    if (head.framing === 'none') this.#finish(head.keepAlive && !more);
  }

  #onInformational(): void {
    if (++this.#informational > INFORMATIONAL_LIMIT) this.#fail('upstream-malformed');
    else this.#taker?.wireInformational(this.#head);
  }

  #onSwitch(): void {
    if (!this.#upgradeAsked || this.#head.upgradeEnd === this.#head.upgradeStart)
      return this.#fail('upstream-malformed');
    this.#phase = 'tunnel';
    this.touch();
    this.#taker?.wireTunnel(this.#head);
    this.#uncount();
  }

  #onTunnelEnd(): void {
    this.#halfEnded = true;
    this.touch();
    this.#taker?.wireTunnelEnd();
  }

  /** Nothing waits to be written any more: whose turn it is now has its time from now. */
  #watch(): void {
    if (this.#phase === 'head') {
      const { nowMs, settings } = this.#shard;
      this.deadlineMs = this.#requestSent ? nowMs + settings.answerTimeoutMs : Number.POSITIVE_INFINITY;
    } else if (this.#reading) this.touch();
  }

  get #inBody(): boolean {
    return this.#phase === 'length' || this.#phase === 'chunked' || this.#phase === 'until-close';
  }

  /** Progress was made: the time-out of the phase begins anew. */
  touch(): void {
    const { nowMs, settings } = this.#shard;
    const { tunnelIdleMs, bodyTimeoutMs } = settings;
    if (this.#phase === 'tunnel') this.deadlineMs = nowMs + (this.#halfEnded ? bodyTimeoutMs : tunnelIdleMs);
    else if (this.#inBody) this.deadlineMs = nowMs + bodyTimeoutMs;
  }

  /**
   * `clean`: the endpoint wants to go on and has sent nothing beyond the answer. One that declined an upgrade may take
   * what follows for the other protocol all the same.
   */
  #finish(clean: boolean): void {
    const taker = this.#taker;
    const { endpoint } = this;
    this.#taker = undefined;
    const usable =
      clean && !this.#upgradeAsked && this.#requestSent && !this.#socket.deaf && this.#socket.writableLength === 0;
    if (usable && this.#mayRest) this.#rest();
    // Who waits comes before the client that may ask again as soon as it is told.
    const contested = this.resting && endpoint.isAwaited(this);
    if (!contested && !(this.resting && endpoint.keep(this))) this.#close();
    taker?.wireEnd();
    if (contested) this.#handOver();
  }

  get #mayRest(): boolean {
    return !this.#upstreamEnded && !this.#shard.draining && this.#shard.nowMs < this.#oldMs && this.#idleMs > 0;
  }

  /** A second below what the endpoint says, so that it does not close under a request on its way. */
  get #idleMs(): number {
    const said = this.#head.keepAliveTimeoutMs;
    const { upstreamIdleMs } = this.#shard.settings;
    return said < 0 ? upstreamIdleMs : Math.min(upstreamIdleMs, said - 1000);
  }

  #rest(): void {
    this.#phase = 'idle';
    this.#reading = true; // the client may still take what it was given; this connection is done with it
    this.deadlineMs = Math.min(this.#shard.nowMs + this.#idleMs, this.#oldMs);
  }

  #handOver(): void {
    const waiter = this.endpoint.takeWaiter(this);
    if (waiter === undefined) {
      if (!this.endpoint.keep(this)) this.#close();
      return;
    }
    this.#shard.enter('upstream-event', waiter);
    waiter.serve(this);
  }

  #onEnd(): void {
    this.#enter('upstream-event');
    this.#upstreamEnded = true;
    if (this.#phase === 'until-close') this.#finish(false);
    else if (this.#phase === 'tunnel') this.#onTunnelEnd();
    else if (this.#phase === 'idle') this.destroy();
    else this.#fail('upstream-closed-early');
    this.#shard.leave();
  }

  #onDrain(): void {
    this.#enter('upstream-event');
    this.#watch();
    this.#taker?.wireDrained();
    this.#shard.leave();
  }

  /** What the endpoint said before it closed has arrived, and is read in the loop's next turn. */
  #onDeaf(): void {
    setImmediate(() => setImmediate(() => this.#onClose(undefined)));
  }

  /** 'error' and 'close', whichever comes first: the connection is no more. */
  #onClose(code: string | undefined): void {
    if (this.#phase === 'closed') return;
    this.ownFault = isOwnFault(code);
    this.#enter('upstream-event');
    this.#fail(this.#phase === 'connecting' ? 'upstream-refused' : 'upstream-closed-early');
    this.#shard.leave();
  }

  #fail(failure: FailureName): void {
    const taker = this.#taker;
    this.#taker = undefined;
    this.#close();
    taker?.wireFailed(failure);
  }

  #close(): void {
    if (this.#phase === 'closed') return;
    if (this.#phase === 'idle') this.endpoint.forget(this);
    this.#phase = 'closed';
    this.#shard.deadlines.remove(this);
    this.#shard.words[shardWord.upstreamOpen]--;
    this.#socket.destroy();
    this.#uncount();
  }

  #uncount(): void {
    if (!this.#counted) return;
    this.#counted = false;
    this.endpoint.closed();
  }
}

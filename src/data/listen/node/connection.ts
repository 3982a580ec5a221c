import type { Socket } from 'node:net';
import { ByteStash } from '../../../base/byte-stash.ts';
import { type FailureName, failures } from '../../../model/failures.ts';
import { shardWord } from '../../../table/shard-words.ts';
import { Exchange } from '../../exchange.ts';
import type { AnswerHead } from '../../http1/answer-head.ts';
import { noBytes } from '../../http1/message-head.ts';
import { RequestBody } from '../../http1/request-body.ts';
import { INCOMPLETE, keepRequestHead, REFUSED, RequestHead, readRequestHead } from '../../http1/request-head.ts';
import type { AnswerSink, ClientFacts } from '../../seam.ts';
import type { ClientConnection, Shard } from '../../shard.ts';
import { AnswerWriter } from './answer-writer.ts';
import { ClientTime, type TimeTaker, type Wait } from './client-time.ts';
import { LingeringClose } from './lingering-close.ts';

const LF = 10;
/** What a TLS client says first. */
const TLS_HANDSHAKE = 0x16;
/** As much of a body that its answer did not wait for is worth reading: it spares a new connection. */
const REST_LIMIT_BYTES = 64 * 1024;

/** Requests that one client may have begun before the others of the thread have their turn. */
const TURN_LIMIT = 16;

/** What the next byte from the client belongs to. */
type Phase =
  | 'head'
  | 'expect' // the body waits for 100 or an answer: what comes early is held
  | 'body'
  | 'waiting' // the request is whole, its answer is not: what comes now is the next request and waits
  | 'tunnel'
  | 'ending' // our last answer is said: what still comes is read and dropped
  | 'closed'; // terminal

/**
 * One client connection of the `node` engine: bytes to requests, answers to bytes. One exchange at a time, so
 * pipelined requests are answered in order; while one runs, at most one read of later bytes is held.
 */
export class Connection implements AnswerSink, ClientConnection, TimeTaker {
  readonly client: ClientFacts;
  readonly #shard: Shard;
  readonly #socket: Socket;
  readonly #exchange: Exchange;
  readonly #head = new RequestHead();
  readonly #body = new RequestBody();
  readonly #stash = new ByteStash();
  readonly #time: ClientTime;
  readonly #answer: AnswerWriter;
  /** The present request's head: the bytes that were read belong to the next read. */
  #kept = noBytes;
  #phase: Phase = 'head';
  /** No byte of the next request has come. */
  #idle = true;
  #headSaid = false;
  #continueSaid = false;
  #closeAfter = false;
  #inTurn = false;
  #begunInTurn = 0;
  #bodyPaused = false;
  #clientEnded = false;
  #ending: LingeringClose | undefined;

  constructor(shard: Shard, socket: Socket, client: ClientFacts) {
    this.#shard = shard;
    this.#socket = socket;
    this.client = client;
    this.#exchange = new Exchange(shard);
    this.#time = new ClientTime(shard, socket, this);
    this.#answer = new AnswerWriter(shard, socket);
    shard.connections.add(this);
    socket.on('drain', () => this.#onDrain());
    socket.on('end', () => this.#onEnd());
    socket.on('error', () => this.#onGone());
    socket.on('close', () => this.#onGone());
  }

  // ── from the client ────────────────────────────────────────────────────────────────────────────────────────────────

  onBytes(bytes: Buffer, size: number): boolean {
    this.#shard.enter('client-bytes', this);
    this.#shard.words[shardWord.bytesIn] += size;
    if (this.#stash.length === 0) this.#turn(bytes, size);
    else this.#stashed(bytes.subarray(0, size));
    this.#shard.leave();
    return !this.#socket.isPaused();
  }

  #stashed(bytes: Buffer): void {
    this.#stash.append(bytes, 0, bytes.length);
    // A head without a line end cannot have become complete; the limit is the reader's to judge.
    const idle =
      this.#phase === 'head' && !bytes.includes(LF) && this.#stash.length <= this.#shard.settings.headLimitBytes;
    if (idle) return;
    const all = this.#stash.take();
    this.#turn(all, all.length);
  }

  /** Reads what can be read now. Answers that end within the turn let it go on with the next request. */
  #turn(bytes: Buffer, end: number): void {
    this.#inTurn = true;
    this.#begunInTurn = 0;
    let at = 0;
    while (at >= 0 && at < end) at = this.#read(bytes, at, end);
    this.#inTurn = false;
    if (!this.#exchange.flush()) this.#pauseBody();
    if (this.#clientEnded) this.#nothingFollows();
  }

  /** One step; returns where to go on, or -1 when the rest was kept or dropped. */
  #read(bytes: Buffer, start: number, end: number): number {
    switch (this.#phase) {
      case 'head':
        if (this.#begunInTurn === TURN_LIMIT) return this.#yield(bytes, start, end);
        return this.#readHead(bytes, start, end);
      case 'body':
        return this.#readBody(bytes, start, end);
      case 'tunnel':
        this.#time.tunnel();
        if (!this.#exchange.body(bytes, start, end)) this.#pauseBody();
        return -1;
      case 'waiting':
      case 'expect':
        this.#stash.append(bytes, start, end);
        this.#socket.pause();
        return -1;
      default:
        this.#ending?.drop(end - start);
        return -1;
    }
  }

  /** What is left of a long pipeline waits until the loop has looked at everybody else. */
  #yield(bytes: Buffer, start: number, end: number): number {
    this.#beginHead();
    this.#stash.append(bytes, start, end);
    this.#socket.pause();
    setImmediate(() => this.#goOn());
    return -1;
  }

  #goOn(): void {
    if (this.#phase !== 'head' || this.#stash.length === 0) return;
    this.#shard.enter('client-bytes', this);
    this.#resumeReading();
    this.#shard.leave();
  }

  #readHead(bytes: Buffer, start: number, end: number): number {
    const head = this.#head;
    const after = readRequestHead(head, bytes, start, end, this.#shard.settings);
    if (after === REFUSED) {
      if (bytes[start] === TLS_HANDSHAKE) return this.#refuseTls();
      return this.#refuse(head.failure as FailureName, undefined);
    }
    if (after === INCOMPLETE) {
      this.#beginHead();
      this.#stash.append(bytes, start, end);
      return -1;
    }
    const { bodyLimitBytes } = this.#shard.settings;
    if (bodyLimitBytes > 0 && head.contentLength > bodyLimitBytes) return this.#refuse('body-too-large', head);
    this.#kept = this.#shard.headBytes.take(after);
    keepRequestHead(head, this.#kept, start, after);
    this.#beginRequest();
    return after;
  }

  /** A byte of the next head has come. */
  #beginHead(): void {
    if (this.#idle) this.#time.head();
    this.#idle = false;
  }

  #beginRequest(): void {
    this.#begunInTurn++;
    const head = this.#head;
    this.#headSaid = false;
    this.#closeAfter = !head.keepAlive;
    this.#idle = false;
    if (head.body === 'none') {
      this.#phase = 'waiting';
      this.#time.nothing();
    } else this.#expectBody(head);
    this.#exchange.begin(head, this);
  }

  #expectBody(head: RequestHead): void {
    this.#body.begin(head, this.#shard.settings.bodyLimitBytes);
    this.#continueSaid = false;
    if (head.expectContinue) {
      this.#phase = 'expect';
      this.#time.endpoint();
    } else this.#beginBody();
  }

  #beginBody(): void {
    this.#phase = 'body';
    this.#time.body();
  }

  #readBody(bytes: Buffer, start: number, end: number): number {
    const body = this.#body;
    const at = body.step(bytes, start, end);
    if (body.state === 'too-large') return this.#breakBody('body-too-large');
    if (body.dataEnd === body.dataStart) this.#time.bodyFramed(at - start);
    else {
      this.#time.bodyCame(at - start);
      if (!this.#exchange.body(bytes, body.dataStart, body.dataEnd)) this.#pauseBody();
    }
    if (body.state === 'malformed') return this.#breakBody('request-malformed');
    if (body.state === 'done') this.#requestWhole();
    return at;
  }

  #pauseBody(): void {
    if (this.#phase === 'expect') return; // nothing of it goes on yet
    if (this.#phase === 'body') this.#time.pauseBody();
    this.#bodyPaused = true;
    this.#socket.pause();
  }

  #requestWhole(): void {
    if (this.#phase !== 'body') return; // its last bytes have ended more than itself
    this.#phase = 'waiting';
    this.#time.nothing();
    if (!this.#exchange.active) return this.#answered();
    const { trailers } = this.#body;
    if (trailers.length > 0) this.#exchange.trailers(trailers, 0, trailers.length);
    this.#exchange.bodyEnd();
  }

  /** A body that breaks its framing or its limit: the exchange ends, the client is told if nothing was said yet. */
  #breakBody(failure: FailureName): number {
    this.#exchange.aborted(failure);
    if (this.#headSaid) this.#cut();
    else this.#lastWords(failure, this.#head);
    return -1;
  }

  /** Nothing has gone upstream. `head`: undefined when it is no request. */
  #refuse(failure: FailureName, head: RequestHead | undefined): number {
    this.#shard.countFailure(failure);
    this.#lastWords(failure, head);
    return -1;
  }

  /** Who speaks TLS here understands no answer of ours. */
  #refuseTls(): number {
    this.#shard.countFailure('request-malformed');
    this.#end();
    return -1;
  }

  #lastWords(failure: FailureName, head: RequestHead | undefined): void {
    this.#shard.words[shardWord.answers + Math.floor(failures[failure].status / 100) - 1]++;
    this.#sayOwn(failure, true, head);
    this.#end();
  }

  /** Nothing more is said to this client. */
  #end(): void {
    this.#answer.flush();
    this.#phase = 'ending';
    this.#time.stop();
    this.#ending = new LingeringClose(this.#shard, this.#socket, this.#time.delivery, this.#clientEnded, () =>
      this.#close(),
    );
    this.#ending.begin();
  }

  #onDrain(): void {
    if (!this.#time.taken()) return;
    this.#shard.enter('client-event', this);
    if (this.#exchange.active) this.#exchange.drained();
    else if (this.#phase === 'waiting') this.#next();
    this.#shard.leave();
  }

  /** The client has said all it will say. It may still wait for its answers (half-close). */
  #onEnd(): void {
    this.#shard.enter('client-event', this);
    this.#clientEnded = true;
    if (this.#phase === 'tunnel') this.#exchange.bodyEnd();
    else this.#nothingFollows();
    this.#shard.leave();
  }

  /** The client's last byte has been read: what is not whole by now never will be. */
  #nothingFollows(): void {
    switch (this.#phase) {
      case 'waiting':
      case 'tunnel':
      case 'closed':
        return;
      case 'ending':
        return this.#ending?.clientEnded();
      case 'expect':
        if (this.#stash.length > 0) return; // the body may be whole
    }
    if (this.#exchange.active) this.#exchange.aborted('client-gone');
    this.#end();
  }

  #onGone(): void {
    if (this.#phase === 'closed') return;
    this.#shard.enter('client-event', this);
    this.destroy();
    this.#shard.leave();
  }

  overdue(wait: Wait, failure: FailureName): void {
    this.#shard.enter('timer', this);
    if (wait === 'endpoint') this.#sayContinue();
    else if (wait === 'head' && !this.#idle) this.#refuse(failure, undefined);
    else if (wait === 'body' && !this.#headSaid) this.#breakBody(failure);
    else if (wait === 'body' || wait === 'take') this.#giveUp(failure);
    else this.destroy();
    this.#shard.leave();
  }

  #giveUp(failure: FailureName): void {
    if (this.#exchange.active) this.#exchange.aborted(failure);
    else this.#shard.countFailure(failure);
    this.#cut();
  }

  // ── to the client ──────────────────────────────────────────────────────────────────────────────────────────────────

  informational(head: AnswerHead): void {
    if (this.#phase === 'closed' || this.#head.version === 10) return; // RFC 9110, 15.2: 1.0 knows none
    const isContinue = head.status === 100;
    if (isContinue && this.#continueSaid) return;
    this.#answer.informational(head);
    if (isContinue && this.#phase === 'expect') this.#takeBody();
  }

  /** RFC 9110, 10.1.1: a proxy may do so for an endpoint that seems not to know it. Who sends already need not hear it. */
  #sayContinue(): void {
    this.#continueSaid = true;
    if (this.#stash.length === 0) this.#answer.continue();
    this.#takeBody();
  }

  #takeBody(): void {
    this.#beginBody();
    this.#resumeReading();
  }

  head(head: AnswerHead, extraLines: Buffer | undefined): void {
    if (this.#phase === 'closed') return;
    this.#headSaid = true;
    const early = this.#phase === 'expect';
    if (early && !this.#holdsBody) this.#closeAfter = true; // whether a body follows now is the client's choice
    const close = this.#closeAfter || this.#shard.draining;
    this.#closeAfter = this.#answer.head(head, this.#head, close, extraLines);
    if (early) this.#takeLateBody();
  }

  /** All of the body came before anybody asked for it. */
  get #holdsBody(): boolean {
    return this.#stash.length >= this.#body.left;
  }

  /** The answer did not wait for the body, so nobody waits for it here. */
  #takeLateBody(): void {
    this.#phase = 'body';
    this.#time.lateBody();
    this.#resumeReading();
  }

  tunnel(head: AnswerHead, extraLines: Buffer | undefined): void {
    if (this.#phase === 'closed') return;
    this.#answer.switch(head, extraLines);
    this.#headSaid = true;
    this.#phase = 'tunnel';
    this.#time.delivery.exempt();
    this.#time.tunnel();
    this.#resumeReading();
    if (this.#clientEnded) this.#exchange.bodyEnd();
  }

  chunk(bytes: Buffer, start: number, end: number): boolean {
    if (this.#phase === 'closed') return true;
    if (this.#phase === 'tunnel') this.#time.tunnel();
    return this.#answer.chunk(bytes, start, end) || this.#awaitDrain();
  }

  #awaitDrain(): false {
    this.#time.take();
    return false;
  }

  flush(): boolean {
    return this.#answer.flush() || this.#phase === 'closed' || this.#awaitDrain();
  }

  trailers(bytes: Buffer, start: number, end: number): void {
    if (this.#head.trailersAccepted) this.#answer.trailers(bytes.subarray(start, end));
  }

  end(): void {
    if (this.#phase === 'closed') return;
    if (this.#phase === 'tunnel') return this.#endTunnel();
    this.#answer.end();
    this.#answered();
  }

  #endTunnel(): void {
    if (this.#clientEnded) return this.#end();
    this.#answer.flush();
    this.#socket.end();
  }

  abort(): void {
    this.#answer.flush();
    this.#cut();
  }

  /** The answer stays incomplete. Where it has no length only a reset tells the client. */
  #cut(): void {
    if (this.#answer.framing === 'until-close') this.#socket.resetAndDestroy();
    this.#close();
  }

  answer(failure: FailureName): void {
    if (this.#phase === 'closed') return;
    if (!this.#restIsSmall || this.#shard.draining) this.#closeAfter = true;
    this.#sayOwn(failure, this.#closeAfter, this.#head);
    this.#headSaid = true;
    this.#answered();
  }

  #sayOwn(failure: FailureName, close: boolean, head: RequestHead | undefined): void {
    this.#answer.own(this.#shard.ownAnswers.make(failure, { head, client: this.client, close }));
  }

  resumeBody(): void {
    if (!this.#bodyPaused) return;
    this.#bodyPaused = false;
    if (this.#phase === 'body') this.#time.resumeBody();
    this.#socket.resume();
  }

  // ── between requests ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Reading what is left of the request is cheaper than a new connection. */
  get #restIsSmall(): boolean {
    return this.#phase === 'waiting' || (this.#phase === 'body' && this.#body.left <= REST_LIMIT_BYTES);
  }

  /**
   * It asked to close, the kernel has all of the answer and nothing of the client waits to be read: nothing can be reset.
   * Behind a body some clients of HTTP/1.0 say CRLF all the same (RFC 9112, 2.2), which may still be on its way.
   */
  get #saidItsLast(): boolean {
    const { body, keepAlive } = this.#head;
    if (keepAlive || body !== 'none' || this.#phase !== 'waiting') return false;
    return this.#stash.length === 0 && this.#socket.writableLength === 0;
  }

  #answered(): void {
    const taken = this.#answer.flush();
    if (this.#closeAfter && this.#saidItsLast) this.#close();
    else if (this.#closeAfter || !this.#restIsSmall) this.#end();
    else if (this.#phase !== 'waiting') this.resumeBody();
    else if (taken) this.#next();
    else this.#awaitDrain(); // who does not read its answers gets no more of them
  }

  /** Ready for the next request, which may have come already. */
  #next(): void {
    if (this.#closeAfter || this.#shard.draining) return this.#end();
    if (this.#clientEnded && !this.#inTurn && this.#stash.length === 0) return this.#end();
    this.#phase = 'head';
    this.#forgetHead();
    this.#idle = true;
    this.#headSaid = false;
    this.#bodyPaused = false;
    this.#time.request();
    this.#resumeReading();
  }

  #forgetHead(): void {
    this.#shard.headBytes.giveBack(this.#kept);
    this.#kept = noBytes;
  }

  #resumeReading(): void {
    if (this.#inTurn || this.#stash.length === 0) return void (this.#socket.isPaused() && this.#socket.resume());
    const held = this.#stash.take();
    this.#socket.resume();
    this.#turn(held, held.length);
  }

  finish(): void {
    if (this.#phase === 'head' && this.#idle) this.#end();
  }

  hurry(): void {
    this.#time.hurry();
  }

  /** Ends the connection at once, whatever runs. */
  destroy(): void {
    this.#close();
  }

  #close(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#exchange.clientGone();
    this.#forgetHead();
    this.#time.stop();
    this.#ending?.stop();
    this.#socket.destroy();
    this.#shard.left(this);
  }
}

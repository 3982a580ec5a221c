import type { Socket } from 'node:net';
import { ByteStash } from '../../../base/byte-stash.ts';
import type { Expiring } from '../../../base/deadlines.ts';
import { type FailureName, failures } from '../../../model/failures.ts';
import { shardWord } from '../../../table/shard-words.ts';
import { Exchange } from '../../exchange.ts';
import type { AnswerHead } from '../../http1/answer-head.ts';
import { CHUNK_END, chunkSizeLine, writeLastChunk } from '../../http1/chunk-lines.ts';
import { ChunkedBody } from '../../http1/chunked-body.ts';
import { noBytes } from '../../http1/message-head.ts';
import { INCOMPLETE, keepRequestHead, REFUSED, RequestHead, readRequestHead } from '../../http1/request-head.ts';
import type { AnswerSink, ClientFacts } from '../../seam.ts';
import type { ClientConnection, Shard } from '../../shard.ts';
import { type AnswerFraming, framingFor, writeAnswerHead, writeInformational, writeSwitch } from '../answer-lines.ts';

const LF = 10;
/** After an answer that the client did not wait for, it may send this much more, for this long, before it is cut. */
const LINGER_MS = 2000;
const LINGER_LIMIT_BYTES = 1024 * 1024;

/** What the next byte from the client belongs to. */
type Phase =
  | 'head'
  | 'length'
  | 'chunked'
  | 'waiting' // the request is whole, its answer is not: what comes now is the next request and waits
  | 'tunnel'
  | 'linger' // our last answer is said: what still comes is read and dropped, so that it reaches the client unreset
  | 'closed'; // terminal

/**
 * One client connection of the `node` engine: bytes to requests, answers to bytes. One exchange at a time, so
 * pipelined requests are answered in order; while one runs, at most one read of later bytes is held.
 */
export class Connection implements AnswerSink, ClientConnection, Expiring {
  readonly client: ClientFacts;
  deadlineMs: number;
  deadlineIndex = -1;
  readonly #shard: Shard;
  readonly #socket: Socket;
  readonly #exchange: Exchange;
  readonly #head = new RequestHead();
  readonly #chunked = new ChunkedBody();
  readonly #stash = new ByteStash();
  /** The present request's head: the bytes that were read belong to the next read. */
  #kept = noBytes;
  #phase: Phase = 'head';
  /** No byte of the next request has come. */
  #idle = true;
  /** When its last answer was said; never, before the first request. */
  #idleSinceMs = Number.POSITIVE_INFINITY;
  #left = 0;
  #bodyBytes = 0;
  #lingered = 0;
  #framing: AnswerFraming = 'none';
  #headSaid = false;
  /** Of the answer, to go out behind its body. */
  #trailers = noBytes;
  #closeAfter = false;
  #inTurn = false;
  #bodyPaused = false;
  #clientEnded = false;
  #awaitingDrain = false;

  constructor(shard: Shard, socket: Socket, client: ClientFacts) {
    this.#shard = shard;
    this.#socket = socket;
    this.client = client;
    this.#exchange = new Exchange(shard);
    this.deadlineMs = shard.nowMs + shard.settings.headTimeoutMs;
    shard.deadlines.add(this);
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
        return this.#readHead(bytes, start, end);
      case 'length':
        return this.#readLength(bytes, start, end);
      case 'chunked':
        return this.#readChunk(bytes, start, end);
      case 'tunnel':
        this.#touchTunnel();
        if (!this.#exchange.body(bytes, start, end)) this.#pauseBody();
        return -1;
      case 'waiting':
        this.#stash.append(bytes, start, end);
        this.#socket.pause();
        return -1;
      default:
        return this.#dropLate(end - start);
    }
  }

  #readHead(bytes: Buffer, start: number, end: number): number {
    const head = this.#head;
    const after = readRequestHead(head, bytes, start, end, this.#shard.settings);
    if (after === REFUSED) return this.#refuse(head.failure as FailureName, undefined);
    if (after === INCOMPLETE) {
      if (this.#idle) this.deadlineMs = this.#shard.nowMs + this.#shard.settings.headTimeoutMs;
      this.#idle = false;
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

  #beginRequest(): void {
    const head = this.#head;
    this.#phase = head.body === 'none' ? 'waiting' : head.body;
    this.#left = head.contentLength;
    this.#bodyBytes = 0;
    this.#headSaid = false;
    this.#closeAfter = !head.keepAlive;
    if (head.body === 'chunked') this.#chunked.reset(true);
    this.#idle = false;
    if (this.#phase === 'waiting') this.deadlineMs = Number.POSITIVE_INFINITY;
    else this.#touchBody();
    this.#exchange.begin(head, this);
  }

  #readLength(bytes: Buffer, start: number, end: number): number {
    const piece = Math.min(this.#left, end - start);
    this.#left -= piece;
    this.#body(bytes, start, start + piece);
    if (this.#left === 0) this.#requestWhole();
    return start + piece;
  }

  #readChunk(bytes: Buffer, start: number, end: number): number {
    const chunked = this.#chunked;
    const at = chunked.step(bytes, start, end);
    const size = chunked.dataEnd - chunked.dataStart;
    const { bodyLimitBytes } = this.#shard.settings;
    this.#bodyBytes += size;
    if (bodyLimitBytes > 0 && this.#bodyBytes > bodyLimitBytes) return this.#breakBody('body-too-large');
    if (size > 0) this.#body(bytes, chunked.dataStart, chunked.dataEnd);
    if (chunked.state === 'malformed') return this.#breakBody('request-malformed');
    if (chunked.state === 'done') this.#endChunked();
    return at;
  }

  #endChunked(): void {
    const { trailers } = this.#chunked;
    if (trailers.length > 0) this.#exchange.trailers(trailers, 0, trailers.length);
    this.#requestWhole();
  }

  #body(bytes: Buffer, start: number, end: number): void {
    this.#touchBody();
    if (!this.#exchange.body(bytes, start, end)) this.#pauseBody();
  }

  #pauseBody(): void {
    this.#bodyPaused = true;
    this.#watch(); // the endpoint is the slow one; its wire watches it
    this.#socket.pause();
  }

  #requestWhole(): void {
    if (this.#phase === 'closed' || this.#phase === 'linger') return;
    this.#phase = 'waiting';
    this.#watch();
    this.#exchange.bodyEnd();
  }

  /** A body that breaks its framing or its limit: the exchange ends, the client is told if nothing was said yet. */
  #breakBody(failure: FailureName): number {
    this.#exchange.aborted(failure);
    if (this.#headSaid) this.#close();
    else this.#lastWords(failure, this.#head);
    return -1;
  }

  /** Nothing has gone upstream. `head`: undefined when it is no request. */
  #refuse(failure: FailureName, head: RequestHead | undefined): number {
    this.#shard.countFailure(failure);
    this.#lastWords(failure, head);
    return -1;
  }

  #lastWords(failure: FailureName, head: RequestHead | undefined): void {
    this.#shard.words[shardWord.answers + Math.floor(failures[failure].status / 100) - 1]++;
    this.#sayOwn(failure, true, head);
    this.#linger();
  }

  /** RFC 9112, 9.6: close our direction first and read on, or a reset may overtake the answer. */
  #linger(): void {
    this.#shard.clientOutput.flush();
    this.#phase = 'linger';
    this.#bodyPaused = false;
    this.#awaitingDrain = false;
    this.#touchBody();
    this.#socket.end(() => {
      if (this.#phase === 'linger') this.deadlineMs = this.#shard.nowMs + LINGER_MS;
    });
    if (this.#clientEnded) return this.#closeWhenWritten();
    this.#socket.resume();
  }

  #dropLate(sizeBytes: number): number {
    this.#lingered += sizeBytes;
    if (this.#lingered > LINGER_LIMIT_BYTES) this.#close();
    return -1;
  }

  #onDrain(): void {
    if (!this.#awaitingDrain) return;
    this.#shard.enter('client-event', this);
    this.#awaitingDrain = false;
    this.#watch();
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
        return;
      case 'linger':
        return this.#closeWhenWritten();
      default:
        if (this.#exchange.active) this.#exchange.aborted('client-gone');
        this.#closeWhenWritten();
    }
  }

  #onGone(): void {
    if (this.#phase === 'closed') return;
    this.#shard.enter('client-event', this);
    this.destroy();
    this.#shard.leave();
  }

  expire(): void {
    this.#shard.enter('timer', this);
    const inRequest = !this.#idle && (this.#phase === 'head' || this.#phase === 'length' || this.#phase === 'chunked');
    if (inRequest && !this.#headSaid) {
      if (this.#exchange.active) this.#exchange.aborted('request-timeout');
      else this.#shard.countFailure('request-timeout');
      this.#lastWords('request-timeout', this.#phase === 'head' ? undefined : this.#head);
    } else this.destroy();
    this.#shard.leave();
  }

  // ── to the client ──────────────────────────────────────────────────────────────────────────────────────────────────

  informational(head: AnswerHead): void {
    if (this.#phase === 'closed' || this.#head.version === 10) return; // RFC 9110, 15.2: 1.0 knows none
    const output = this.#shard.clientOutput.for(this.#socket);
    writeInformational(output, head);
    output.flush();
  }

  head(head: AnswerHead, extraLines: Buffer | undefined): void {
    if (this.#phase === 'closed') return;
    this.#headSaid = true;
    this.#trailers = noBytes;
    this.#framing = framingFor(head, this.#head.version);
    if (this.#framing === 'until-close' || this.#shard.draining) this.#closeAfter = true;
    const output = this.#shard.clientOutput.for(this.#socket);
    writeAnswerHead(output, head, this.#head, this.#framing, this.#closeAfter, extraLines);
  }

  tunnel(head: AnswerHead, extraLines: Buffer | undefined): void {
    if (this.#phase === 'closed') return;
    writeSwitch(this.#shard.clientOutput.for(this.#socket), head, extraLines);
    this.#headSaid = true;
    this.#framing = 'until-close';
    this.#phase = 'tunnel';
    this.#touchTunnel();
    this.#resumeReading();
    if (this.#clientEnded) this.#exchange.bodyEnd();
  }

  chunk(bytes: Buffer, start: number, end: number): boolean {
    if (this.#phase === 'closed') return true;
    const socket = this.#socket;
    const size = end - start;
    this.#shard.words[shardWord.bytesOut] += size;
    if (this.#phase === 'tunnel') this.#touchTunnel();
    const output = this.#shard.clientOutput.for(socket);
    const chunked = this.#framing === 'chunked';
    if (chunked) output.text(chunkSizeLine(size));
    output.body(bytes, start, end);
    if (chunked) output.all(CHUNK_END);
    return socket.writableLength === 0 || this.#awaitDrain();
  }

  #awaitDrain(): false {
    this.#awaitingDrain = true;
    this.deadlineMs = this.#shard.nowMs + this.#shard.settings.bodyTimeoutMs;
    return false;
  }

  flush(): boolean {
    this.#shard.clientOutput.flush();
    return this.#phase === 'closed' || this.#socket.writableLength === 0 || this.#awaitDrain();
  }

  trailers(bytes: Buffer, start: number, end: number): void {
    if (this.#head.trailersAccepted) this.#trailers = bytes.subarray(start, end);
  }

  end(): void {
    if (this.#phase === 'closed') return;
    if (this.#phase === 'tunnel') return this.#endTunnel();
    if (this.#framing === 'chunked') writeLastChunk(this.#shard.clientOutput.for(this.#socket), this.#trailers);
    this.#answered();
  }

  #endTunnel(): void {
    this.#shard.clientOutput.flush();
    this.#socket.end();
    if (this.#clientEnded) this.#closeWhenWritten();
  }

  abort(): void {
    this.#shard.clientOutput.flush();
    // Without a length only a reset tells the client that more should have come.
    if (this.#framing === 'until-close') this.#socket.resetAndDestroy();
    this.#close();
  }

  answer(failure: FailureName): void {
    if (this.#phase === 'closed') return;
    if (this.#phase !== 'waiting' || this.#shard.draining) this.#closeAfter = true;
    this.#sayOwn(failure, this.#closeAfter, this.#head);
    this.#headSaid = true;
    this.#answered();
  }

  #sayOwn(failure: FailureName, close: boolean, head: RequestHead | undefined): void {
    const text = this.#shard.ownAnswers.make(failure, { head, client: this.client, close });
    this.#shard.words[shardWord.bytesOut] += text.length;
    this.#shard.clientOutput.for(this.#socket).text(text);
  }

  resumeBody(): void {
    if (!this.#bodyPaused) return;
    this.#bodyPaused = false;
    this.#watch();
    this.#socket.resume();
  }

  // ── between requests ───────────────────────────────────────────────────────────────────────────────────────────────

  #answered(): void {
    this.#shard.clientOutput.flush();
    if (this.#phase !== 'waiting' || this.#closeAfter) this.#finishAnswered();
    else if (this.#socket.writableLength > 0)
      this.#awaitDrain(); // who does not read its answers gets no more of them
    else this.#next();
  }

  #finishAnswered(): void {
    // Nothing of the client is on its way: an orderly close is enough.
    if (this.#phase === 'waiting' && this.#clientEnded) this.#closeWhenWritten();
    else this.#linger();
  }

  /** Ready for the next request, which may have come already. */
  #next(): void {
    if (this.#closeAfter || this.#shard.draining) return this.#linger();
    if (this.#clientEnded && !this.#inTurn && this.#stash.length === 0) return this.#closeWhenWritten();
    this.#phase = 'head';
    this.#forgetHead();
    this.#idle = true;
    this.#headSaid = false;
    this.#idleSinceMs = this.#shard.nowMs;
    this.deadlineMs = this.#idleSinceMs + this.#shard.idleTimeoutMs;
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

  /** The client is not what is waited for any more, or is again: the time-out that now runs begins. */
  #watch(): void {
    if (this.#awaitingDrain) return; // it must read, whatever else is waited for
    if (this.#phase === 'tunnel') this.#touchTunnel();
    else if (this.#phase === 'waiting' || this.#bodyPaused) this.deadlineMs = Number.POSITIVE_INFINITY;
    else if (this.#phase === 'length' || this.#phase === 'chunked') this.#touchBody();
  }

  #touchBody(): void {
    this.deadlineMs = this.#shard.nowMs + this.#shard.settings.bodyTimeoutMs;
  }

  #touchTunnel(): void {
    this.deadlineMs = this.#shard.nowMs + this.#shard.settings.tunnelIdleMs;
  }

  finish(): void {
    if (this.#phase === 'head' && this.#idle) this.#linger();
  }

  hurry(): void {
    if (this.#phase !== 'head' || !this.#idle) return;
    this.deadlineMs = Math.min(this.deadlineMs, this.#idleSinceMs + this.#shard.idleTimeoutMs);
  }

  /** Ends the connection at once, whatever runs. */
  destroy(): void {
    this.#close();
  }

  #closeWhenWritten(): void {
    if (this.#socket.writableLength === 0) return this.#close();
    this.#phase = 'linger';
    this.deadlineMs = this.#shard.nowMs + this.#shard.settings.bodyTimeoutMs;
    this.#socket.end(() => this.#close());
  }

  #close(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#exchange.clientGone();
    this.#forgetHead();
    this.#shard.deadlines.remove(this);
    this.#socket.destroy();
    this.#shard.left(this);
  }
}

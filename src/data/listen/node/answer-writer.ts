import type { Socket } from 'node:net';
import { shardWord } from '../../../table/shard-words.ts';
import type { AnswerHead } from '../../http1/answer-head.ts';
import { CHUNK_END, chunkSizeLine, writeLastChunk } from '../../http1/chunk-lines.ts';
import { noBytes } from '../../http1/message-head.ts';
import type { RequestHead } from '../../http1/request-head.ts';
import type { Output } from '../../output.ts';
import type { Shard } from '../../shard.ts';
import {
  type AnswerFraming,
  CONTINUE,
  framingFor,
  writeAnswerHead,
  writeInformational,
  writeSwitch,
} from '../answer-lines.ts';

/** Answers as the bytes of one client connection, gathered in the thread's output; one answer after the other. */
export class AnswerWriter {
  /** Of the present answer. */
  framing: AnswerFraming = 'none';
  readonly #shard: Shard;
  readonly #socket: Socket;
  #trailers = noBytes;

  constructor(shard: Shard, socket: Socket) {
    this.#shard = shard;
    this.#socket = socket;
  }

  get #output(): Output {
    return this.#shard.clientOutput.for(this.#socket);
  }

  /** Nothing that was written waits for the client. */
  flush(): boolean {
    this.#shard.clientOutput.flush();
    return this.#socket.writableLength === 0;
  }

  informational(head: AnswerHead): void {
    writeInformational(this.#output, head);
    this.flush();
  }

  /** 100 of our own. */
  continue(): void {
    this.#output.all(CONTINUE);
    this.flush();
  }

  /** `close`: nothing follows this answer; so it is anyway when nothing else tells where it ends. Returns whether it is. */
  head(head: AnswerHead, request: RequestHead, close: boolean, extraLines: Buffer | undefined): boolean {
    this.#trailers = noBytes;
    this.framing = framingFor(head, request.version);
    const closes = close || this.framing === 'until-close';
    writeAnswerHead(this.#output, head, request, this.framing, closes, extraLines);
    return closes;
  }

  switch(head: AnswerHead, extraLines: Buffer | undefined): void {
    this.framing = 'until-close';
    writeSwitch(this.#output, head, extraLines);
  }

  /** False: what was written before waits for the client. */
  chunk(bytes: Buffer, start: number, end: number): boolean {
    const size = end - start;
    this.#shard.words[shardWord.bytesOut] += size;
    const output = this.#output;
    const chunked = this.framing === 'chunked';
    if (chunked) output.text(chunkSizeLine(size));
    output.body(bytes, start, end);
    if (chunked) output.all(CHUNK_END);
    return this.#socket.writableLength === 0;
  }

  /** To go out behind the body. */
  trailers(bytes: Buffer): void {
    this.#trailers = bytes;
  }

  end(): void {
    if (this.framing === 'chunked') writeLastChunk(this.#output, this.#trailers);
  }

  /** A whole answer of our own. */
  own(text: string): void {
    this.framing = 'length';
    this.#shard.words[shardWord.bytesOut] += text.length;
    this.#output.text(text);
  }
}

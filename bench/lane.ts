import { connect, type Socket } from 'node:net';
import { AnswerReader } from './answer-reader.ts';

export interface LaneEvents {
  /** It is connected, or its answer has come: it can carry a request. */
  free(lane: Lane): void;
  /** Its connection has ended; what it carried is settled. */
  lost(lane: Lane): void;
  /** Request `index` is over. */
  settled(index: number, isAnswered: boolean): void;
}

const NONE = -1;

/** A kept connection with at most one request on it. One that was connected and ends is opened again. */
export class Lane {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #events: LaneEvents;
  /** Shared by all lanes: what is read is consumed before the next read. */
  readonly #buffer: Buffer;
  #socket: Socket;
  #reader = new AnswerReader();
  #carries = NONE;
  #isClosed = false;

  constructor(target: { readonly host: string; readonly port: number }, buffer: Buffer, events: LaneEvents) {
    this.#target = target;
    this.#buffer = buffer;
    this.#events = events;
    this.#socket = this.#connect();
  }

  /** Only when it is free. */
  send(index: number, request: Buffer): void {
    this.#carries = index;
    this.#socket.write(request);
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  #connect(): Socket {
    let wasConnected = false;
    const callback = (count: number, buffer: Uint8Array): boolean => this.#read(buffer as Buffer, count);
    const socket = connect({ ...this.#target, noDelay: true, onread: { buffer: this.#buffer, callback } });
    socket.once('connect', () => {
      wasConnected = true;
      this.#events.free(this);
    });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      this.#settle(false);
      this.#events.lost(this);
      this.#reader = new AnswerReader();
      if (wasConnected && !this.#isClosed) this.#socket = this.#connect();
    });
    return socket;
  }

  #read(buffer: Buffer, count: number): boolean {
    const result = this.#reader.take(buffer, count);
    if (result === 'unfinished') return true;
    this.#settle(result === 'answered');
    this.#events.free(this);
    return true;
  }

  #settle(isAnswered: boolean): void {
    if (this.#carries === NONE) return;
    const index = this.#carries;
    this.#carries = NONE;
    this.#events.settled(index, isAnswered);
  }
}

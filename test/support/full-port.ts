import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/**
 * A port whose queue is full: the kernel drops every further SYN, so connecting neither succeeds nor fails. Made by a
 * thread that listens with the smallest queue and then never turns its loop again.
 */
export class FullPort {
  readonly port: number;
  readonly #worker: Worker;
  readonly #sockets: readonly Socket[];

  constructor(port: number, worker: Worker, sockets: readonly Socket[]) {
    this.port = port;
    this.#worker = worker;
    this.#sockets = sockets;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.#worker.terminate();
  }
}

const listenAndBlock = `
  const { createServer } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const server = createServer();
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });
`;

export async function startFullPort(): Promise<FullPort> {
  const worker = new Worker(listenAndBlock, { eval: true });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const sockets: Socket[] = [];
  while (await connects(port, sockets)) {}
  return new FullPort(port, worker, sockets);
}

/** False when the connection has not been there for 300 ms: on loopback it is there at once or never. */
function connects(port: number, sockets: Socket[]): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  sockets.push(socket);
  socket.on('error', () => {});
  return new Promise((resolve) => {
    const limit = setTimeout(() => resolve(false), 300);
    socket.once('connect', () => {
      clearTimeout(limit);
      resolve(true);
    });
  });
}

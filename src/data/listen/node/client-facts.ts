import type { Socket } from 'node:net';
import { plainAddress } from '../../../base/address-blocks.ts';
import type { ClientFacts } from '../../seam.ts';

/** What endpoints are told about a client that is not trusted, as header lines. */
export function forwardedLines(address: string, port: number): Buffer {
  return Buffer.from(
    `X-Forwarded-For: ${address}\r\nX-Forwarded-Proto: http\r\n` +
      `X-Forwarded-Port: ${port}\r\nX-Real-IP: ${address}\r\n`,
    'latin1',
  );
}

/** A client whose own connection this is. */
export class SocketClient implements ClientFacts {
  readonly address: string;
  readonly port: number;
  readonly localPort: number;
  readonly trusted: boolean;
  readonly forwardedLines: Buffer;
  readonly #socket: Socket;
  #localAddress: string | undefined;

  /** `socket` has a peer address. */
  constructor(socket: Socket, localPort: number, trustedProxies: { has(address: string): boolean }) {
    this.address = plainAddress(socket.remoteAddress as string);
    this.port = socket.remotePort as number;
    this.localPort = localPort;
    this.trusted = trustedProxies.has(this.address);
    this.forwardedLines = forwardedLines(this.address, localPort);
    this.#socket = socket;
  }

  /** Asks the kernel (about 2 µs) when somebody wants to know; an unspecified address when the connection is gone by then. */
  get localAddress(): string {
    this.#localAddress ??= plainAddress(this.#socket.localAddress ?? (this.address.includes(':') ? '::' : '0.0.0.0'));
    return this.#localAddress;
  }
}

import type { Socket } from 'node:net';
import { type AddressBlocks, plainAddress } from '../../../base/address-blocks.ts';
import type { ClientFacts } from '../../seam.ts';
import type { ProxyHeader } from '../proxy-protocol/proxy-header.ts';

type Trust = Pick<AddressBlocks, 'has'>;

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
  constructor(socket: Socket, localPort: number, trustedProxies: Trust) {
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

/** A client that a PROXY header speaks for. */
export class ProxiedClient implements ClientFacts {
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly trusted: boolean;
  readonly forwardedLines: Buffer;

  constructor(header: ProxyHeader, trustedProxies: Trust) {
    this.address = header.address;
    this.port = header.port;
    this.localAddress = header.localAddress;
    this.localPort = header.localPort;
    this.trusted = trustedProxies.has(header.address);
    this.forwardedLines = forwardedLines(header.address, header.localPort);
  }
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../../observe/log.ts';
import { PortBusyError } from '../ports.ts';
import { hostAllowed } from './host-guard.ts';
import { errorReply, type Reply, send } from './reply.ts';

/** Answers by path; `query` is what follows the `?`. */
export type Pages = ReadonlyMap<string, (query: URLSearchParams) => Reply>;

export interface AdminOptions {
  readonly address: string;
  /** 0: the kernel chooses. */
  readonly port: number;
  readonly pages: Pages;
  readonly log: Log;
}

export interface AdminServer {
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

const CONNECTION_LIMIT = 100;
/** Answers of many pieces hold a copy of a table each. */
const LIST_LIMIT = 4;
const limits = {
  maxHeaderSize: 8_192,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
const STALLED_MS = 30_000;

/** Rejects with PortBusyError when the address and port cannot be had. */
export function startAdmin(options: AdminOptions): Promise<AdminServer> {
  const { address, port } = options;
  const server = createServer(limits, new Desk(options).answer);
  server.maxConnections = CONNECTION_LIMIT;
  server.setTimeout(STALLED_MS);
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new PortBusyError({ name: 'admin', address, port }, error.code ?? error.message)),
    );
    server.listen({ host: address, port }, () => resolve(started(server, address)));
  });
}

function started(server: Server, address: string): AdminServer {
  return {
    address,
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Takes requests: only GET and HEAD, without bodies, from callers that may ask. */
class Desk {
  readonly #options: AdminOptions;
  #lists = 0;

  constructor(options: AdminOptions) {
    this.#options = options;
  }

  readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
    const reply = this.#reply(request);
    if (typeof reply.body === 'string') void send(reply, request, response);
    else void this.#sendList(reply, request, response);
  };

  #reply(request: IncomingMessage): Reply {
    const [path, query = ''] = splitTarget(request.url ?? '/');
    return refuse(request, this.#options.address) ?? this.#page(path, query);
  }

  #page(path: string, query: string): Reply {
    const page = this.#options.pages.get(path);
    if (page === undefined) return errorReply(404, 'there is no such page');
    try {
      return page(new URLSearchParams(query));
    } catch (error) {
      this.#options.log.error({ err: error, path }, 'admin page failed');
      return errorReply(500, 'the page failed; the log says why');
    }
  }

  async #sendList(reply: Reply, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#lists >= LIST_LIMIT) {
      return send(errorReply(503, 'too many lists are being read', { 'retry-after': '1' }), request, response);
    }
    this.#lists++;
    await send(reply, request, response);
    this.#lists--;
  }
}

/** The reply for what may not be asked at all. */
function refuse(request: IncomingMessage, listensOn: string): Reply | undefined {
  const { method, headers } = request;
  if (!hostAllowed(headers.host, listensOn)) {
    return errorReply(403, 'the Host is neither an IP address nor localhost, and this port is for this machine alone');
  }
  if (method !== 'GET' && method !== 'HEAD') return errorReply(405, 'only GET and HEAD', { allow: 'GET, HEAD' });
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  return hasBody ? errorReply(413, 'requests here have no body', { connection: 'close' }) : undefined;
}

/** Path and query; no other part of a URL has a meaning here. */
function splitTarget(target: string): string[] {
  const at = target.indexOf('?');
  return at === -1 ? [target] : [target.slice(0, at), target.slice(at + 1)];
}

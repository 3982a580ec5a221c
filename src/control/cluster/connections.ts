import type { Dispatcher } from 'undici';
import { ApiUnreachable } from './api.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { givenOf, isSameTls, type TlsIdentity } from './credentials.ts';

type Undici = typeof import('undici');

const CONNECT_TIMEOUT_MS = 10_000;
/** Renewals of the lease come every 2 s, so they find an open connection; the API server waits three minutes. */
const KEEP_ALIVE_MS = 30_000;
/** A peer that is gone without a word is found after this long and ten probes, one a second. */
const TCP_PROBE_AFTER_MS = 15_000;
const MOST_IDLE = 4;

/** One HTTP/1.1 connection, or the place for one: carries one request at a time. */
export interface Lane {
  readonly dispatcher: Dispatcher;
  /** It has answered before, so the other side may just have closed it. */
  used: boolean;
  readonly tls: TlsIdentity;
}

/**
 * Lanes to one API server. Each request takes one and gives it back; what is idle is used again, last one first. A watch
 * keeps its lane for as long as it runs. When certificates change, lanes with the old ones are closed as they come back.
 */
export class Connections {
  readonly #undici: Undici;
  readonly #access: ClusterAccess;
  readonly #idle: Lane[] = [];
  readonly #busy = new Set<Lane>();
  #closed = false;

  constructor(undici: Undici, access: ClusterAccess) {
    this.#undici = undici;
    this.#access = access;
  }

  /** @throws ApiUnreachable after `close`. */
  take(tls: TlsIdentity): Lane {
    if (this.#closed) throw new ApiUnreachable('stopped by us');
    this.#closeOther(tls);
    const lane = this.#idle.pop() ?? { dispatcher: this.#open(tls), used: false, tls };
    this.#busy.add(lane);
    return lane;
  }

  /** @param isClean its answer has been read to the end; else nobody knows what would come next on it. */
  giveBack(lane: Lane, isClean: boolean): void {
    if (!this.#busy.delete(lane)) return;
    if (!isClean || this.#closed || this.#idle.length >= MOST_IDLE) shut(lane);
    else this.#idle.push(lane);
  }

  /** Cuts what runs. */
  async close(): Promise<void> {
    this.#closed = true;
    const lanes = [...this.#idle.splice(0), ...this.#busy];
    await Promise.all(lanes.map(({ dispatcher }) => dispatcher.destroy()));
  }

  #closeOther(tls: TlsIdentity): void {
    for (let i = this.#idle.length - 1; i >= 0; i--) {
      if (!isSameTls(this.#idle[i].tls, tls)) shut(this.#idle.splice(i, 1)[0]);
    }
  }

  #open(tls: TlsIdentity): Dispatcher {
    const options = { pipelining: 1, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS };
    const { server, proxyUrl } = this.#access;
    const { Client, ProxyAgent } = this.#undici;
    const connect = this.#connectOptions(tls);
    const { origin } = new URL(server);
    if (proxyUrl === undefined) return new Client(origin, { ...options, connect, allowH2: false });
    return new ProxyAgent({ ...options, uri: proxyUrl, requestTls: connect, connections: 1, allowH2: false });
  }

  #connectOptions(tls: TlsIdentity) {
    const { insecure, tlsServerName } = this.#access;
    return {
      timeout: CONNECT_TIMEOUT_MS,
      ...{ keepAlive: true, keepAliveInitialDelay: TCP_PROBE_AFTER_MS },
      ...givenOf(tls),
      ...(insecure ? { rejectUnauthorized: false } : {}),
      ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
    };
  }
}

/** What runs on it rejects. */
export const shut = ({ dispatcher }: Lane): void => void dispatcher.destroy().catch(() => {});

/** One address and port that every shard listens on. */
export interface Listener {
  readonly name: string;
  /** An IP address; `::` takes IPv6 and IPv4. */
  readonly address: string;
  /** 0: the kernel chooses; the first shard tells the others. */
  readonly port: number;
  readonly engine: 'node';
}

/** What a shard needs to know of the settings: plain data that crosses to the thread. */
export interface ShardSettings {
  /** A whole head must arrive in this time from its first byte (or from the accept). */
  readonly headTimeoutMs: number;
  /** A kept-alive client connection without a request. */
  readonly idleTimeoutMs: number;
  /** A body, either way, that makes no progress. */
  readonly bodyTimeoutMs: number;
  readonly headLimitBytes: number;
  readonly targetLimitBytes: number;
  /** Header lines a head may have. */
  readonly headerLimit: number;
  /** Largest request body; 0 for no limit. */
  readonly bodyLimitBytes: number;
  /** Client connections per shard. */
  readonly connectionLimit: number;
  readonly connectTimeoutMs: number;
  /** From the whole request sent to the head of the answer. */
  readonly answerTimeoutMs: number;
  /** An upstream connection that waits in the pool; an upstream's own `Keep-Alive: timeout` is kept when shorter. */
  readonly upstreamIdleMs: number;
  /** Upgraded connections (WebSocket) without a byte either way. */
  readonly tunnelIdleMs: number;
}

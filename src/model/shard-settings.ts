/** One address and port that every shard listens on. */
export interface Listener {
  readonly name: string;
  /** An IP address; `::` takes IPv6 and IPv4. */
  readonly address: string;
  /** 0: the kernel chooses; the first shard tells the others. */
  readonly port: number;
  readonly engine: 'node';
  /** `required`: every connection begins with a PROXY protocol header, and only these peers may connect. */
  readonly proxyProtocol: 'off' | 'required';
  /** CIDR blocks (or single addresses) of the peers that may speak the PROXY protocol. Empty where it is off. */
  readonly proxyProtocolFrom: readonly string[];
}

/** What a shard needs to know of the settings: plain data that crosses to the thread. */
export interface ShardSettings {
  /** A whole head must arrive in this time from its first byte (or from the accept). */
  readonly headTimeoutMs: number;
  /** A kept-alive client connection without a request. */
  readonly idleTimeoutMs: number;
  /** The same while the shard has nearly all the connections it may have. */
  readonly pressureIdleMs: number;
  /** A body, either way, that makes no progress. */
  readonly bodyTimeoutMs: number;
  /** A body, either way, whose client is slower than this on average is given up; 0: any speed will do. */
  readonly minRateBytesPerSecond: number;
  readonly headLimitBytes: number;
  readonly targetLimitBytes: number;
  /** Header lines a head may have. */
  readonly headerLimit: number;
  /** Largest request body; 0 for no limit. */
  readonly bodyLimitBytes: number;
  /** Client connections per shard. */
  readonly connectionLimit: number;
  /** CIDR blocks (or single addresses) of peers whose X-Forwarded-* and Forwarded lines are believed and added to. */
  readonly trustedProxies: readonly string[];
  /** Also write `Forwarded` (RFC 7239). */
  readonly forwardedHeader: boolean;
  /** Answers of our own say their failure name in `x-komainu-reason`. */
  readonly reasonHeader: boolean;
  readonly connectTimeoutMs: number;
  /** From the whole request sent to the head of the answer. */
  readonly answerTimeoutMs: number;
  /** An upstream connection that waits in the pool; an upstream's own `Keep-Alive: timeout` is kept when shorter. */
  readonly upstreamIdleMs: number;
  /** An upstream connection older than this is not used again. */
  readonly upstreamMaxAgeMs: number;
  /** Connections to one endpoint, per shard; upgraded ones are not counted. */
  readonly upstreamConnectionLimit: number;
  /** Requests that may wait for a connection to one endpoint, per shard. */
  readonly upstreamQueueLimit: number;
  /** How long they may wait. */
  readonly upstreamQueueMs: number;
  /** Failures in a row after which an endpoint is left out; 0: never. */
  readonly ejectAfterFailures: number;
  /** Longest time an endpoint is left out before one request may try it again. */
  readonly ejectMaxMs: number;
  /** Retries may be this share of a backend's requests. */
  readonly retryBudgetPercent: number;
  /** Upgraded connections (WebSocket) without a byte either way. */
  readonly tunnelIdleMs: number;
}

/** Every key of `ShardSettings`. */
export const shardSettingKeys: readonly (keyof ShardSettings)[] = Object.keys({
  headTimeoutMs: true,
  idleTimeoutMs: true,
  pressureIdleMs: true,
  bodyTimeoutMs: true,
  minRateBytesPerSecond: true,
  headLimitBytes: true,
  targetLimitBytes: true,
  headerLimit: true,
  bodyLimitBytes: true,
  connectionLimit: true,
  trustedProxies: true,
  forwardedHeader: true,
  reasonHeader: true,
  connectTimeoutMs: true,
  answerTimeoutMs: true,
  upstreamIdleMs: true,
  upstreamMaxAgeMs: true,
  upstreamConnectionLimit: true,
  upstreamQueueLimit: true,
  upstreamQueueMs: true,
  ejectAfterFailures: true,
  ejectMaxMs: true,
  retryBudgetPercent: true,
  tunnelIdleMs: true,
} satisfies Record<keyof ShardSettings, true>) as (keyof ShardSettings)[];

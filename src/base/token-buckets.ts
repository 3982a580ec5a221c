import { RecentMap } from './recent-map.ts';
import { TokenBucket } from './token-bucket.ts';

export interface BucketLimits {
  readonly perSecond: number;
  readonly burst: number;
  /** Buckets that are kept; the one that was asked for longest ago makes room. */
  readonly most: number;
}

/** A bucket for each key. */
export class TokenBuckets {
  readonly #limits: BucketLimits;
  readonly #buckets: RecentMap<string, TokenBucket>;

  constructor(limits: BucketLimits) {
    this.#limits = limits;
    this.#buckets = new RecentMap(limits.most);
  }

  /** That of the key, full where it is new. */
  of(key: string, nowMs: number): TokenBucket {
    const { perSecond, burst } = this.#limits;
    const bucket = this.#buckets.get(key) ?? new TokenBucket(perSecond, burst, nowMs);
    this.#buckets.set(key, bucket);
    return bucket;
  }
}

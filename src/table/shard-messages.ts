import type { Listener, ShardSettings } from '../model/shard-settings.ts';
import type { LogLevel } from '../observe/log.ts';

/**
 * What the two floors say to each other. Messages are few and small; bytes that both read stand in shared buffers.
 */

/** A whole state of the tables. A part whose generation is not newer than the shard's own is the one it has. */
export interface Publication {
  readonly generation: number;
  readonly routes: { readonly generation: number; readonly bytes: SharedArrayBuffer };
  readonly endpoints: { readonly generation: number; readonly bytes: SharedArrayBuffer };
}

/** `workerData` of a shard. */
export interface ShardStart {
  readonly index: number;
  readonly settings: ShardSettings;
  /** What this process calls itself in Via; no other process does. */
  readonly proxyName: string;
  /** `newShardWords()`: the shard writes, the main thread reads. */
  readonly words: SharedArrayBuffer;
  /** Health words, one buffer for all shards (`table/health-words.ts`). */
  readonly health: SharedArrayBuffer;
}

export type ToShard =
  | { readonly type: 'adopt'; readonly publication: Publication }
  /** Sent once, after the first `adopt`; the answer is `listening` or `listen-failed`. */
  | { readonly type: 'listen'; readonly listeners: readonly Listener[] }
  /** Stop listening, finish what runs, say `drained`, exit 0; what is not finished after `graceMs` is cut. */
  | { readonly type: 'drain'; readonly graceMs: number };

export type FromShard =
  /** The thread has loaded its code and waits for `adopt`. */
  | { readonly type: 'started' }
  | { readonly type: 'adopted'; readonly generation: number }
  /** In the order of the `listen` message, with real port numbers. */
  | { readonly type: 'listening'; readonly ports: readonly number[] }
  | { readonly type: 'listen-failed'; readonly listener: Listener; readonly code: string }
  /** An exception reached the thread's edge: it has closed its listeners, settles what runs and exits 1 by itself. */
  | { readonly type: 'failed'; readonly message: string; readonly stack: string }
  | { readonly type: 'drained' }
  | { readonly type: 'log'; readonly level: LogLevel; readonly fields: object; readonly message: string };

import type { Listener } from '../../model/shard-settings.ts';
import { busyText } from '../ports.ts';

/** A shard could not take an address and port while the process was starting. */
export class ListenFailedError extends Error {
  constructor(listener: Listener, code: string) {
    super(busyText(listener, code));
    this.name = 'ListenFailedError';
  }
}

/** Shards ended again and again before one had ever served. */
export class ShardStartError extends Error {
  constructor(index: number, attempts: number) {
    super(`Shard ${index} ended ${attempts} times before it could serve; the log above says why.`);
    this.name = 'ShardStartError';
  }
}

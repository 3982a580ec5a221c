import type { Listener } from '../../model/shard-settings.ts';
import { busyText } from '../ports.ts';

/** A shard could not take an address and port while the process was starting. */
export class ListenFailedError extends Error {
  /** EX_UNAVAILABLE of sysexits.h. */
  readonly exitCode = 69;

  constructor(listener: Listener, code: string) {
    super(busyText(listener, code));
    this.name = 'ListenFailedError';
  }
}

/** Shards ended again and again before one had ever served. */
export class ShardStartError extends Error {
  /** EX_SOFTWARE of sysexits.h: another process may fare better, so the launcher starts one. */
  readonly exitCode = 70;

  constructor(index: number, attempts: number) {
    super(`Shard ${index} ended ${attempts} times before it could serve; the log above says why.`);
    this.name = 'ShardStartError';
  }
}

import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** What the machine decides where a person says nothing. */
export interface Machine {
  readonly cores: number;
  /** Soft limit of open files; Infinity where there is none. */
  readonly fileLimit: number;
  readonly ipv6: boolean;
}

/** The soft limit in the text of `/proc/self/limits` (proc(5)). */
export function softFileLimit(limits: string): number {
  const found = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  return found === undefined || found === 'unlimited' ? Number.POSITIVE_INFINITY : Number(found);
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8');
  } catch {
    return ''; // not Linux: nothing known, nothing limited
  }
}

export const thisMachine = (): Machine => ({
  cores: availableParallelism(),
  fileLimit: softFileLimit(readLimits()),
  ipv6: process.platform !== 'linux' || existsSync('/proc/net/if_inet6'),
});

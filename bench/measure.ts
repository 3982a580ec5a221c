import { type Backend, countsBetween, readCounts } from './backend.ts';
import { type Load, runLoad } from './load.ts';
import type { Contestant } from './peer.ts';
import { cpuBetween } from './process-stat.ts';
import { readTree, residentKibOf } from './processes.ts';
import type { LoadErrors } from './wrk-report.ts';

/** One round of load on one proxy. */
export interface Round {
  readonly requests: number;
  readonly seconds: number;
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Of the proxy's whole process tree. */
  readonly cpuUs: number;
  readonly cpuUsPerRequest: number;
  /** After the round, one figure per process of the tree. */
  readonly residentKib: readonly number[];
  /** New connections that the proxy opened to the backend. */
  readonly upstreamConnections: number;
  readonly errors: RoundErrors;
}

export interface RoundErrors extends LoadErrors {
  /** Requests that were answered without the backend having seen one. */
  readonly unforwarded: number;
}

/** Throws when a process of the proxy came or went meanwhile, and when the load could not be made. */
export async function measureRound(
  contestant: Contestant,
  backend: Backend,
  load: Load,
  seconds: number,
): Promise<Round> {
  const countsBefore = await readCounts(backend);
  const before = readTree(contestant.running.pid);
  const { errors, ...report } = await runLoad(load, contestant.url, seconds);
  const after = readTree(contestant.running.pid);
  const seen = countsBetween(countsBefore, await readCounts(backend));
  const cpuUs = cpuBetween(before, after);
  return {
    ...report,
    cpuUs,
    cpuUsPerRequest: cpuUs / report.requests,
    residentKib: residentKibOf(after),
    upstreamConnections: seen.connections,
    errors: { ...errors, unforwarded: Math.max(0, report.requests - seen.requests) },
  };
}

export function errorCount(errors: RoundErrors): number {
  return Object.values(errors).reduce((sum, count) => sum + count, 0);
}

import type { PacedOutcome } from './paced-load.ts';
import { percentile } from './statistics.ts';

/** One run of requests at a fixed rate. */
export interface OpenLoopReport {
  readonly answered: number;
  readonly errors: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly longestUs: number;
}

/** Reads what `open-loop.ts` prints. Throws for anything else. */
export function parseOpenLoopReport(text: string): OpenLoopReport {
  const report = JSON.parse(text) as OpenLoopReport;
  if (
    ![report.answered, report.errors, report.p50Us, report.p99Us, report.p999Us, report.longestUs].every(
      Number.isFinite,
    )
  )
    throw new Error(`not a report of open-loop.ts: ${text}`);
  return report;
}

/** Throws when nothing was answered: then there are no percentiles. */
export function reportOf({ latenciesMs, errors }: PacedOutcome): OpenLoopReport {
  if (latenciesMs.length === 0) throw new Error(`none of ${errors} requests was answered`);
  const sorted = latenciesMs.toSorted();
  const us = (share: number) => Math.round(percentile(sorted, share) * 1000);
  return {
    answered: sorted.length,
    errors,
    p50Us: us(0.5),
    p99Us: us(0.99),
    p999Us: us(0.999),
    longestUs: us(1),
  };
}

import type { LeaseRecord } from './lease-record.ts';

export interface LeaseTiming {
  /** A record that has not changed for this long is nobody's. */
  readonly durationMs: number;
  /** A leader that has not renewed for this long writes no more. */
  readonly renewDeadlineMs: number;
  /** Between two attempts of a leader, and of a candidate that hears nothing. */
  readonly retryMs: number;
  /** One call to the API server: two fit into the deadline. */
  readonly callMs: number;
}

/** As Kubernetes' own components have it. */
export const leaseTiming: LeaseTiming = {
  durationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryMs: 2_000,
  callMs: 4_500,
};

/** What a candidate knows, all times on its own monotonic clock. */
export interface Sighting {
  /** undefined: there is no such Lease. */
  readonly record: LeaseRecord | undefined;
  /** When it was last looked at. */
  readonly atMs: number;
  /** Until then somebody may believe to hold it. */
  readonly claimEndsMs: number;
}

/** Nobody's record may keep us waiting for longer. */
const LONGEST_CLAIM_MS = 120_000;

/**
 * A claim lasts as long as its record says, and at least as long as ours would, from the moment in which we saw it: what
 * its renewTime says is another clock's. Where a Lease is gone that we have seen, somebody deleted it under its holder,
 * who learns of that with its next renewal; so its absence keeps us away like a claim. One that we never saw we create
 * at once: waiting would be safer for those who delete Leases while others start, and 15 s slower for everybody else.
 */
export function see(
  before: Sighting | undefined,
  record: LeaseRecord | undefined,
  atMs: number,
  timing: LeaseTiming,
): Sighting {
  if (record?.holder === '') return { record, atMs, claimEndsMs: atMs };
  if (before === undefined && record === undefined) return { record, atMs, claimEndsMs: atMs };
  if (before !== undefined && sameSight(before.record, record))
    return { record, atMs, claimEndsMs: before.claimEndsMs };
  const lastsMs = Math.min(Math.max(record?.durationMs ?? 0, timing.durationMs), LONGEST_CLAIM_MS);
  return { record, atMs, claimEndsMs: atMs + lastsMs };
}

const sameSight = (a: LeaseRecord | undefined, b: LeaseRecord | undefined): boolean =>
  a === undefined || b === undefined ? a === b : sameRecord(a, b);

const sameRecord = (a: LeaseRecord, b: LeaseRecord): boolean =>
  a.holder === b.holder &&
  a.acquireTime === b.acquireTime &&
  a.renewTime === b.renewTime &&
  a.transitions === b.transitions &&
  a.durationMs === b.durationMs;

/** One time of holding the Lease. The name alone would not do: a pod that starts again has the same. */
export interface Tenure {
  readonly holder: string;
  /** Its microseconds are drawn, so no two tenures have the same. */
  readonly acquireTime: string;
}

export const isOurs = (record: LeaseRecord, tenure: Tenure | undefined): boolean =>
  tenure !== undefined && record.holder === tenure.holder && record.acquireTime === tenure.acquireTime;

export type Move =
  /** Read the Lease. */
  | { readonly act: 'look' }
  /** There is none and nobody claims it: create it. */
  | { readonly act: 'create' }
  /** Nobody claims it, or not any more: put our name there. */
  | { readonly act: 'take' }
  /** It is ours. */
  | { readonly act: 'renew' }
  | { readonly act: 'wait'; readonly ms: number };

/** What to do now. `nextAttemptMs` is when a leader renews, and when a candidate that has heard nothing since looks. */
export function nextMove(
  sighting: Sighting | undefined,
  tenure: Tenure | undefined,
  nextAttemptMs: number,
  nowMs: number,
): Move {
  const attemptInMs = nextAttemptMs - nowMs;
  if (tenure !== undefined) return attemptInMs > 0 ? { act: 'wait', ms: attemptInMs } : { act: 'renew' };
  if (sighting !== undefined && nowMs >= sighting.claimEndsMs) {
    return { act: sighting.record === undefined ? 'create' : 'take' };
  }
  if (attemptInMs <= 0) return { act: 'look' };
  return {
    act: 'wait',
    ms: sighting === undefined ? attemptInMs : Math.min(attemptInMs, sighting.claimEndsMs - nowMs),
  };
}

import { describe, expect, test } from 'vitest';
import { isOurs, leaseTiming, nextMove, type Sighting, see } from '../../../../src/control/leader/election.ts';
import type { LeaseRecord } from '../../../../src/control/leader/lease-record.ts';

const record = (over: Partial<LeaseRecord> = {}): LeaseRecord => ({
  holder: 'a',
  durationMs: 15_000,
  acquireTime: '2026-01-01T00:00:00.000000Z',
  renewTime: '2026-01-01T00:00:00.000000Z',
  transitions: 0,
  ...over,
});

const seen = (one: LeaseRecord | undefined, atMs: number, before?: Sighting) => see(before, one, atMs, leaseTiming);

describe('a claim', () => {
  test('lasts for its duration from when it was seen, whatever time it names', () => {
    expect(seen(record({ renewTime: '1999-01-01T00:00:00.000000Z' }), 500).claimEndsMs).toBe(15_500);
    expect(seen(record({ renewTime: '2999-01-01T00:00:00.000000Z' }), 500).claimEndsMs).toBe(15_500);
  });

  test('does not last longer because it is looked at again', () => {
    expect(seen(record(), 9_000, seen(record(), 500)).claimEndsMs).toBe(15_500);
  });

  test.each([
    { renewTime: '2026-01-01T00:00:00.000001Z' },
    { acquireTime: '2026-01-01T00:00:00.000001Z' },
    { holder: 'b' },
    { transitions: 1 },
    { durationMs: 16_000 },
  ])('begins anew with each change: %j', (change) => {
    const claim = seen(record(change), 9_000, seen(record(), 500)).claimEndsMs;
    expect(claim).toBe(9_000 + (change.durationMs ?? 15_000));
  });

  test('lasts as long as its record says, but for two minutes at most', () => {
    expect(seen(record({ durationMs: 60_000 }), 0).claimEndsMs).toBe(60_000);
    expect(seen(record({ durationMs: 2 ** 31 * 1_000 }), 0).claimEndsMs).toBe(120_000);
  });

  test('never ends earlier than ours would: a record may say nothing', () => {
    expect(seen(record({ durationMs: 0 }), 0).claimEndsMs).toBe(15_000);
  });

  test('ends with the name that is taken out', () => {
    expect(seen(record({ holder: '' }), 700, seen(record(), 500)).claimEndsMs).toBe(700);
  });

  test('is what a Lease leaves that is deleted, since its holder does not know yet', () => {
    const gone = seen(undefined, 20_000, seen(record(), 500));
    expect(gone.claimEndsMs).toBe(35_000);
    expect(seen(undefined, 22_000, gone).claimEndsMs).toBe(35_000);
  });

  test('is nobody’s where there never was a Lease', () => {
    expect(seen(undefined, 700).claimEndsMs).toBe(700);
  });
});

describe('a candidate', () => {
  test('looks first', () => {
    expect(nextMove(undefined, undefined, 0, 0)).toEqual({ act: 'look' });
  });

  test('waits while somebody’s claim lasts, and takes the Lease in the moment in which it ends', () => {
    const sighting = seen(record(), 0);
    expect(nextMove(sighting, undefined, 99_000, 14_000)).toEqual({ act: 'wait', ms: 1_000 });
    expect(nextMove(sighting, undefined, 99_000, 14_999)).toEqual({ act: 'wait', ms: 1 });
    expect(nextMove(sighting, undefined, 99_000, 15_000)).toEqual({ act: 'take' });
  });

  test('looks on the way', () => {
    expect(nextMove(seen(record(), 0), undefined, 4_000, 1_000)).toEqual({ act: 'wait', ms: 3_000 });
    expect(nextMove(seen(record(), 0), undefined, 4_000, 4_000)).toEqual({ act: 'look' });
  });

  test('creates a Lease that is not there', () => {
    expect(nextMove(seen(undefined, 0), undefined, 2_000, 0)).toEqual({ act: 'create' });
  });

  test('takes one that was released at once', () => {
    expect(nextMove(seen(record({ holder: '' }), 0), undefined, 2_000, 0)).toEqual({ act: 'take' });
  });

  test('waits also where the record has its own name: that was another time of holding it', () => {
    expect(nextMove(seen(record({ holder: 'me' }), 0), undefined, 2_000, 0).act).toBe('wait');
  });
});

describe('a leader', () => {
  const tenure = { holder: 'a', acquireTime: '2026-01-01T00:00:00.000000Z' };

  test('renews when it is time, also when the Lease is gone', () => {
    expect(nextMove(seen(record(), 0), tenure, 2_000, 500)).toEqual({ act: 'wait', ms: 1_500 });
    expect(nextMove(seen(record(), 0), tenure, 2_000, 2_000)).toEqual({ act: 'renew' });
    expect(nextMove(seen(undefined, 0), tenure, 2_000, 90_000)).toEqual({ act: 'renew' });
  });

  test('knows its tenure by name and moment', () => {
    expect(isOurs(record({ renewTime: 'later' }), tenure)).toBe(true);
    expect(isOurs(record({ holder: 'b' }), tenure)).toBe(false);
    expect(isOurs(record({ acquireTime: '2026-01-01T00:00:00.000001Z' }), tenure)).toBe(false);
    expect(isOurs(record(), undefined)).toBe(false);
  });
});

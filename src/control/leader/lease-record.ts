/** A Lease of coordination.k8s.io/v1 as the API server gave it, unknown fields too: it is written back whole. */
export interface RawLease {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number | null;
    readonly acquireTime?: string | null;
    readonly renewTime?: string | null;
    readonly leaseTransitions?: number | null;
  };
}

/** What a Lease says. Its times are texts to compare, never read as times: they come from another machine's clock. */
export interface LeaseRecord {
  /** '' when nobody holds it. */
  readonly holder: string;
  readonly durationMs: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  /** How often it has changed hands. */
  readonly transitions: number;
}

export function readLease({ spec = {} }: RawLease): LeaseRecord {
  return {
    holder: spec.holderIdentity ?? '',
    durationMs: (spec.leaseDurationSeconds ?? 0) * 1_000,
    acquireTime: spec.acquireTime ?? '',
    renewTime: spec.renewTime ?? '',
    transitions: spec.leaseTransitions ?? 0,
  };
}

/** The same Lease with another record; everything that we do not know stays. */
export function withRecord(
  lease: RawLease,
  record: LeaseRecord,
  annotations: Readonly<Record<string, string>>,
): object {
  // Left out, the server keeps it as it is and adds this write to it.
  const { managedFields: _, ...metadata } = (lease.metadata ?? {}) as Record<string, unknown>;
  return {
    ...lease,
    ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
    metadata: { ...metadata, annotations: { ...lease.metadata?.annotations, ...annotations } },
    spec: {
      ...lease.spec,
      holderIdentity: record.holder,
      leaseDurationSeconds: Math.ceil(record.durationMs / 1_000),
      acquireTime: record.acquireTime,
      renewTime: record.renewTime,
      leaseTransitions: record.transitions,
    },
  };
}

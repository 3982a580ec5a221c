import type { Clock } from '../../base/clock.ts';
import type { Dice } from '../../base/dice.ts';
import type { Log } from '../../observe/log.ts';
import type { ClusterApi } from '../cluster/api.ts';
import { resources } from '../cluster/resources.ts';
import { Reflector } from '../sources/kubernetes/reflector.ts';
import type { RawLease } from './lease-record.ts';

export interface LeasePlace {
  readonly api: ClusterApi;
  readonly namespace: string;
  readonly name: string;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
}

/** Watches the one Lease, so that a candidate hears at once when it is released. */
export function followLease(place: LeasePlace, tell: (lease: RawLease | undefined) => void): { stop(): Promise<void> } {
  const { name, ...rest } = place;
  const reflector = new Reflector<RawLease>({
    ...{ ...rest, resource: resources.lease, fieldSelector: `metadata.name=${name}` },
    keep: (raw) => raw as RawLease,
    weigh: () => 0,
    sink: {
      apply: ({ put, remove }) => {
        for (const lease of put) tell(lease);
        if (remove.length > 0) tell(undefined);
      },
    },
  });
  reflector.start();
  return reflector;
}

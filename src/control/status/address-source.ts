import { isIP } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { Dice } from '../../base/dice.ts';
import type { PublishedAddress } from '../../model/objects.ts';
import type { Log } from '../../observe/log.ts';
import type { ClusterApi } from '../cluster/api.ts';

/** Tells the addresses under which clients reach us: first when they are known, and then whenever they are others. */
export type FollowAddresses = (tell: (addresses: readonly PublishedAddress[]) => void) => { stop(): Promise<void> };

/** What those need that follow something in the cluster. */
export interface FollowParts {
  readonly api: ClusterApi;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly log: Log;
}

export const addressOf = (text: string): PublishedAddress => (isIP(text) === 0 ? { hostname: text } : { ip: text });

/** The addresses that somebody wrote into the settings. */
export function fixedAddresses(texts: readonly string[]): FollowAddresses {
  return (tell) => {
    tell(texts.map(addressOf));
    return { stop: async () => {} };
  };
}

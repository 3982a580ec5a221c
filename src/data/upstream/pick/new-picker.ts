import type { Dice } from '../../../base/dice.ts';
import type { Balancing, BalancingKind } from '../../../model/backend-policy.ts';
import type { TrustedProxies } from '../../forward/client-address.ts';
import { ConsistentHash } from './consistent-hash.ts';
import { CookieAffinity } from './cookie-affinity.ts';
import type { EndpointList } from './endpoint-list.ts';
import { LeastRequests } from './least-requests.ts';
import type { Picker } from './picker.ts';
import { Random } from './random.ts';
import { requestKey } from './request-key.ts';
import { RoundRobin } from './round-robin.ts';
import { WeightedTurns } from './weighted-turns.ts';

/** What a shard has for its policies. */
export interface PickerTools {
  readonly dice: Dice;
  /** What stands before a client whose address tells it apart. */
  readonly trustedProxies: TrustedProxies;
}

type Make = (list: EndpointList, balancing: Balancing, tools: PickerTools) => Picker;

const turns: Make = (list, _, { dice }) => (list.even ? new RoundRobin(list, dice) : new WeightedTurns(list, dice));
const hash: Make = (list, balancing, tools) =>
  new ConsistentHash(list, requestKey(balancing, tools.trustedProxies), turns(list, balancing, tools));

const makers: Readonly<Record<BalancingKind, Make>> = {
  'round-robin': (list, _, { dice }) => new RoundRobin(list, dice),
  weighted: turns,
  'least-requests': (list, _, { dice }) => new LeastRequests(list, dice),
  random: (list, _, { dice }) => new Random(list, dice),
  'hash-address': hash,
  'hash-header': hash,
  cookie: (list, balancing, tools) => new CookieAffinity(list, balancing, turns(list, balancing, tools)),
};

/** Chosen once for a list of endpoints, so that no request asks which policy it is. */
export const newPicker: Make = (list, balancing, tools) => makers[balancing.kind](list, balancing, tools);

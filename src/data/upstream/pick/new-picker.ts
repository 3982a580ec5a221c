import type { Dice } from '../../../base/dice.ts';
import type { Balancing, BalancingKind } from '../../../model/backend-policy.ts';
import { ConsistentHash } from './consistent-hash.ts';
import { CookieAffinity } from './cookie-affinity.ts';
import type { EndpointList } from './endpoint-list.ts';
import { LeastRequests } from './least-requests.ts';
import type { Picker } from './picker.ts';
import { Random } from './random.ts';
import { requestKey } from './request-key.ts';
import { RoundRobin } from './round-robin.ts';
import { WeightedTurns } from './weighted-turns.ts';

type Make = (list: EndpointList, balancing: Balancing, dice: Dice) => Picker;

const turns: Make = (list, _, dice) => (list.even ? new RoundRobin(list, dice) : new WeightedTurns(list, dice));
const hash: Make = (list, balancing, dice) =>
  new ConsistentHash(list, requestKey(balancing), turns(list, balancing, dice));

const makers: Readonly<Record<BalancingKind, Make>> = {
  'round-robin': (list, _, dice) => new RoundRobin(list, dice),
  weighted: turns,
  'least-requests': (list, _, dice) => new LeastRequests(list, dice),
  random: (list, _, dice) => new Random(list, dice),
  'hash-address': hash,
  'hash-header': hash,
  cookie: (list, balancing, dice) => new CookieAffinity(list, balancing, turns(list, balancing, dice)),
};

/** Chosen once for a list of endpoints, so that no request asks which policy it is. */
export const newPicker: Make = (list, balancing, dice) => makers[balancing.kind](list, balancing, dice);

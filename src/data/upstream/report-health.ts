import { healthMoment, isOut, leaveOut, tellFailure } from '../../table/health-words.ts';
import { shardWord } from '../../table/shard-words.ts';
import type { Shard } from '../shard.ts';
import type { BackendState } from './backend-state.ts';
import type { EndpointState } from './endpoint-state.ts';

/** RFC 9110, 15.6: what a server that is broken or overloaded says. 501, 505 and the like are about the request. */
export const isFailing = (status: number): boolean => status === 500 || (status >= 502 && status <= 504);

/**
 * A request that went to `endpoint` for `backend` failed there. `life`: `lifeOf` when it was sent. `atOnce`: no
 * connection came up, so there is nothing to be gained by asking again, and no load that others would have to bear.
 */
export function reportFailure(
  shard: Shard,
  backend: BackendState,
  endpoint: EndpointState,
  life: number,
  atOnce: boolean,
): void {
  const { health, settings, words } = shard;
  const { ejectAfterFailures, ejectMaxMs } = settings;
  if (ejectAfterFailures === 0 || endpoint.retired) return;
  const inARow = tellFailure(health, endpoint.slot, life);
  if (inARow === 0) return;
  if (!isOut(health, endpoint.slot)) {
    if (!atOnce && (inARow < ejectAfterFailures || !mayLeaveOut(backend, health))) return;
  }
  const leave = { life, moment: healthMoment(), maxMs: ejectMaxMs, luck: Math.random() };
  if (leaveOut(health, endpoint.slot, leave)) words[shardWord.ejections]++;
}

/**
 * At most half of a backend is left out for its answers: the others could not carry it, and the fault is more likely
 * elsewhere. An endpoint that takes no connection is out of it, however many there are.
 */
function mayLeaveOut({ endpoints }: BackendState, health: Int32Array): boolean {
  let out = 1;
  for (const { slot } of endpoints) if (isOut(health, slot)) out++;
  return out * 2 <= endpoints.length;
}

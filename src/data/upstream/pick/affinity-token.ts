import { hash } from 'node:crypto';
import { endpointText } from '../../../model/snapshot.ts';
import type { EndpointState } from '../endpoint-state.ts';

/** Hex digits of a token: 64 bits, so that no two endpoints of a backend share one. */
export const TOKEN_DIGITS = 16;

/**
 * Names an endpoint to us, the same in every shard and replica, and tells nobody its address: whoever does not know the
 * salt cannot try addresses out.
 */
export const tokenOf = (endpoint: EndpointState, salt: string): string =>
  hash('sha256', `${salt}\0${endpointText(endpoint)}`, 'hex').slice(0, TOKEN_DIGITS);

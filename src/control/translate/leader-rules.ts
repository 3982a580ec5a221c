import type { RouteSnapshot } from '../../model/snapshot.ts';

/**
 * What a process with the role leader serves: the rules of its own hosts, by the exact text of their `host`. They are
 * chosen after translation, which stays that of all Ingresses: whom a host belongs to is the same everywhere, and the
 * leader is the one that writes Events for what is refused.
 */
export const leaderRules = ({ rules }: RouteSnapshot, hosts: readonly string[]): RouteSnapshot => {
  const own = new Set(hosts);
  return { rules: rules.filter(({ host }) => own.has(host)) };
};

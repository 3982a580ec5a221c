import type { Change } from '../compile/compile.ts';
import { leaderRules } from '../translate/leader-rules.ts';
import type { Publisher } from './publisher.ts';

/** Publishes of each change what a process with the role leader serves. */
export const leaderPublisher = (
  publisher: Pick<Publisher, 'publish'>,
  hosts: readonly string[],
): Pick<Publisher, 'publish'> => ({
  publish: (change: Change) =>
    publisher.publish(change.routes === undefined ? change : { ...change, routes: leaderRules(change.routes, hosts) }),
});

import type { Change } from '../compile/compile.ts';
import { leaderRules } from '../translate/leader-rules.ts';
import type { Publisher } from './publisher.ts';

/** Publishes of each change what a process with the role leader serves. */
export const leaderPublisher = (
  publisher: Pick<Publisher, 'publishing'>,
  hosts: readonly string[],
): Pick<Publisher, 'publishing'> => ({
  publishing: ({ routes, ...change }: Change) =>
    publisher.publishing(routes === undefined ? change : { ...change, routes: leaderRules(routes, hosts) }),
});

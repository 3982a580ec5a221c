/** What readiness is judged by. */
export interface ReadinessFacts {
  /** Newest published generation; 0 for none. */
  readonly generation: number;
  readonly shardCount: number;
  readonly servingCount: number;
  /** Every shard has served what was published first. */
  readonly steady: boolean;
  readonly lateShards: readonly number[];
  readonly stopping: boolean;
}

export interface Check {
  readonly name: string;
  /** Why it does not pass; undefined when it does. */
  readonly problem: string | undefined;
}

/** A shard that is being replaced while others serve does not take the process out of a load balancer. */
export function readinessChecks(facts: ReadinessFacts): readonly Check[] {
  const { generation, shardCount, servingCount, steady, lateShards, stopping } = facts;
  const missing = steady ? servingCount === 0 : servingCount < shardCount;
  return [
    { name: 'routes', problem: generation === 0 ? 'nothing has been published yet' : undefined },
    { name: 'shards', problem: missing ? `${servingCount} of ${shardCount} serve` : undefined },
    { name: 'heartbeat', problem: lateShards.length > 0 ? `late by 1 s or more: ${lateShards.join(', ')}` : undefined },
    { name: 'stopping', problem: stopping ? 'the process was told to stop' : undefined },
  ];
}

export const isReady = (checks: readonly Check[]): boolean => checks.every((check) => check.problem === undefined);

/** As Kubernetes components write it: `[+]routes ok`, `[-]shards failed: 1 of 2 serve`. */
export const checkText = ({ name, problem }: Check): string =>
  problem === undefined ? `[+]${name} ok` : `[-]${name} failed: ${problem}`;

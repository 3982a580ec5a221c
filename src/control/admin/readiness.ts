import { oneLine } from '../../model/quoted.ts';
import type { KindFacts, SourceFacts } from '../sources/kubernetes/source-facts.ts';

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
  /** undefined for a source that is always whole. */
  readonly source: SourceFacts | undefined;
}

export interface Check {
  readonly name: string;
  /** Why it does not pass; undefined when it does. */
  readonly problem: string | undefined;
  /** What is not as it should be, and does not matter to readiness. */
  readonly warning?: string | undefined;
}

/** A shard that is being replaced while others serve does not take the process out of a load balancer. */
export function readinessChecks(facts: ReadinessFacts): readonly Check[] {
  const { generation, shardCount, servingCount, steady, lateShards, stopping, source } = facts;
  const missing = steady ? servingCount === 0 : servingCount < shardCount;
  return [
    { name: 'routes', problem: generation === 0 ? 'nothing has been published yet' : undefined },
    { name: 'shards', problem: missing ? `${servingCount} of ${shardCount} serve` : undefined },
    { name: 'heartbeat', problem: lateShards.length > 0 ? `late by 1 s or more: ${lateShards.join(', ')}` : undefined },
    { name: 'stopping', problem: stopping ? 'the process was told to stop' : undefined },
    ...(source === undefined ? [] : sourceChecks(source)),
  ];
}

/** Once all was read, nothing that happens to the cluster makes the process not ready: what is known stays served. */
function sourceChecks(source: SourceFacts): readonly Check[] {
  const { ready, staleMs, kinds } = source;
  const stale = `what is served is ${Math.round(staleMs / 1000)} s old${fileText(source)}`;
  const checks = kinds.map((kind) => kindCheck(kind, ready));
  return ready
    ? [{ name: 'cluster', problem: undefined, warning: staleMs > 0 ? stale : undefined }, ...checks]
    : checks;
}

function fileText({ fileWrittenAtMs }: SourceFacts): string {
  if (fileWrittenAtMs === undefined) return '';
  return `: the state file of ${new Date(fileWrittenAtMs).toISOString()}, as the cluster could not be read since the start`;
}

function kindCheck(facts: KindFacts, ready: boolean): Check {
  const name = `cluster/${facts.kind}`;
  const trouble = kindTrouble(facts);
  const mayLack = !facts.required && (facts.state === 'absent' || facts.state === 'forbidden');
  return ready || mayLack ? { name, problem: undefined, warning: trouble } : { name, problem: trouble };
}

const stateTexts: Readonly<Record<KindFacts['state'], string | undefined>> = {
  listing: undefined,
  watching: undefined,
  waiting: 'the API server cannot be asked',
  absent: 'the API server does not know this kind',
  forbidden: 'the API server lets us not read this kind',
  doubting: 'a list that lacks more than half is being read once more',
  stopped: 'no longer followed',
};

function kindTrouble({ state, synced, lastError }: KindFacts): string | undefined {
  const text = stateTexts[state] ?? (synced ? undefined : 'not listed yet');
  return text === undefined || lastError === undefined ? text : `${text}: ${lastError}`;
}

export const isReady = (checks: readonly Check[]): boolean => checks.every((check) => check.problem === undefined);

/** As Kubernetes components write it: `[+]routes ok`, `[-]shards failed: 1 of 2 serve`; ours is `[!]cluster/Secret warning: …`. */
export function checkText({ name, problem, warning }: Check): string {
  if (problem !== undefined) return `[-]${name} failed: ${oneLine(problem)}`;
  return warning === undefined ? `[+]${name} ok` : `[!]${name} warning: ${oneLine(warning)}`;
}

import { oneLine } from '../../model/quoted.ts';
import type { WriterFacts } from '../cluster-writer.ts';
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
  /** undefined where nothing is written back. */
  readonly writer: WriterFacts | undefined;
}

export interface Check {
  readonly name: string;
  /** Why it does not pass; undefined when it does. */
  readonly problem: string | undefined;
  /** What is not as it should be, and does not matter to readiness. */
  readonly warning?: string | undefined;
  /** What a person may want to know where all is well. */
  readonly note?: string | undefined;
}

/** A shard that is being replaced while others serve does not take the process out of a load balancer. */
export function readinessChecks(facts: ReadinessFacts): readonly Check[] {
  const { generation, shardCount, servingCount, steady, lateShards, stopping, source, writer } = facts;
  const missing = steady ? servingCount === 0 : servingCount < shardCount;
  return [
    { name: 'routes', problem: generation === 0 ? 'nothing has been published yet' : undefined },
    { name: 'shards', problem: missing ? `${servingCount} of ${shardCount} serve` : undefined },
    { name: 'heartbeat', problem: lateShards.length > 0 ? `late by 1 s or more: ${lateShards.join(', ')}` : undefined },
    { name: 'stopping', problem: stopping ? 'the process was told to stop' : undefined },
    ...(source === undefined ? [] : sourceChecks(source)),
    ...(writer === undefined ? [] : writerChecks(writer)),
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

/** Whether anybody writes does not matter to traffic. */
function writerChecks({ leader, status }: WriterFacts): readonly Check[] {
  const { leads, holder, lastError } = leader;
  const note = leads ? 'this process leads' : holder === '' ? 'nobody leads' : `${holder} leads`;
  const checks = [{ name: 'leader', problem: undefined, warning: lastError, note }];
  if (status === undefined || !leads) return checks;
  const unknown = status.addresses === undefined ? 'no address is known that could be published' : undefined;
  return [...checks, { name: 'status', problem: undefined, warning: unknown }];
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

/** As Kubernetes components write it: `[+]routes ok`, `[+]leader ok: this process leads`, `[-]shards failed: 1 of 2 serve`; ours is `[!]cluster/Secret warning: …`. */
export function checkText({ name, problem, warning, note }: Check): string {
  if (problem !== undefined) return `[-]${name} failed: ${oneLine(problem)}`;
  if (warning !== undefined) return `[!]${name} warning: ${oneLine(warning)}`;
  return note === undefined ? `[+]${name} ok` : `[+]${name} ok: ${oneLine(note)}`;
}

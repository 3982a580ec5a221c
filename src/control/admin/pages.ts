import type { Refusal } from '../../model/refusal.ts';
import type { LoopDelay } from '../../observe/loop-delay.ts';
import { prometheusType } from '../../observe/prometheus.ts';
import type { Publication } from '../../table/shard-messages.ts';
import type { WriterFacts } from '../cluster-writer.ts';
import type { Supervisor } from '../shards/supervisor.ts';
import type { SourceFacts } from '../sources/kubernetes/source-facts.ts';
import type { Pages } from './admin-server.ts';
import { backendsReply, refusalsReply, routesReply, shardsReply, sourceReply } from './api.ts';
import { metricsText, type RuntimeFacts } from './metrics.ts';
import { publicSettings } from './public-settings.ts';
import { type Check, checkText, isReady, readinessChecks } from './readiness.ts';
import { jsonReply, type Reply, textReply } from './reply.ts';

/** Where the pages look; asked anew for each request. */
export interface AdminView {
  readonly version: string;
  readonly settings: object;
  readonly supervisor: Supervisor;
  readonly publication: () => Publication | undefined;
  readonly refusals: () => readonly Refusal[];
  /** undefined for a source that is always whole. */
  readonly source: () => SourceFacts | undefined;
  /** undefined where nothing is written back. */
  readonly writer: () => WriterFacts | undefined;
  readonly stopping: () => boolean;
  /** Of the main thread. */
  readonly loopDelay: LoopDelay;
}

/** Every page of the admin port. */
export function adminPages(view: AdminView): Pages {
  const { supervisor, publication, refusals } = view;
  return new Map([
    ['/livez', () => textReply(200, 'ok')],
    ['/readyz', (query: URLSearchParams) => readyReply(checksOf(view), query.has('verbose'))],
    ['/metrics', () => metricsReply(view)],
    ['/api/routes', () => routesReply(publication())],
    ['/api/backends', () => backendsReply(publication(), supervisor.health)],
    ['/api/shards', () => shardsReply(supervisor.reports())],
    ['/api/refusals', () => refusalsReply(refusals())],
    ['/api/source', () => sourceReply(view.source())],
    ['/api/settings', () => jsonReply(200, publicSettings(view.settings))],
  ]);
}

function checksOf({ supervisor, publication, stopping, source, writer }: AdminView): readonly Check[] {
  return readinessChecks({
    generation: publication()?.generation ?? 0,
    shardCount: supervisor.reports().length,
    servingCount: supervisor.servingCount,
    steady: supervisor.steady,
    lateShards: supervisor.lateShards(),
    stopping: stopping() || supervisor.draining,
    source: source(),
    writer: writer(),
  });
}

function readyReply(checks: readonly Check[], verbose: boolean): Reply {
  const ready = isReady(checks);
  const shown = verbose ? checks : checks.filter((check) => check.problem !== undefined);
  const word = ready ? 'ok' : 'not ready';
  return textReply(ready ? 200 : 503, [...shown.map(checkText), word].join('\n'));
}

function metricsReply(view: AdminView): Reply {
  const { version, supervisor, publication, refusals } = view;
  const body = metricsText({
    version,
    totals: supervisor.totals(),
    shards: supervisor.reports(),
    generation: publication()?.generation ?? 0,
    programmed: supervisor.programmed,
    ready: isReady(checksOf(view)),
    refusals: refusals(),
    source: view.source(),
    loopDelay: view.loopDelay,
    writer: view.writer(),
    runtime: runtimeFacts(),
  });
  return { status: 200, type: prometheusType, body };
}

function runtimeFacts(): RuntimeFacts {
  const { user, system } = process.cpuUsage();
  return {
    node: process.versions.node,
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    startSeconds: performance.timeOrigin / 1000,
  };
}

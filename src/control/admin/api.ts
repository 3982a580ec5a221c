import { balancingText } from '../../model/backend-policy.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { Rule } from '../../model/snapshot.ts';
import { endpointText } from '../../model/snapshot.ts';
import { EndpointTable } from '../../table/endpoint-table.ts';
import { isOut } from '../../table/health-words.ts';
import { RouteTable } from '../../table/route-table.ts';
import type { Publication } from '../../table/shard-messages.ts';
import type { ShardReport } from '../shards/supervisor.ts';
import type { SourceFacts } from '../sources/kubernetes/source-facts.ts';
import { jsonReply, listReply, type Reply } from './reply.ts';

export interface BackendDescription {
  /** `namespace/service:port`, as in the routes. */
  readonly key: string;
  /** As its Service says it: `weighted`, `cookie sticky`. */
  readonly loadBalancing: string;
  readonly endpoints: readonly {
    readonly address: string;
    readonly port: number;
    /** `127.0.0.1:80`, `[::1]:80`. */
    readonly text: string;
    readonly weight: number;
    /** False while picks leave it out, because it refused a connection or failed again and again. */
    readonly available: boolean;
  }[];
}

/**
 * The compiled routes as the shards read them. An answer takes many turns of the loop, in which the table's buffer may
 * be written again, so it is made from a copy.
 */
export function routesReply(publication: Publication | undefined): Reply {
  if (publication === undefined) return listReply({ generation: 0 }, 'routes', []);
  const table = new RouteTable(publication.routes.bytes.slice(0) as SharedArrayBuffer);
  return listReply({ generation: publication.generation }, 'routes', describeRules(table));
}

function* describeRules(table: RouteTable): Generator<Rule> {
  for (let rule = 0; rule < table.ruleCount; rule++) yield table.describe(rule);
}

/** Every backend with the endpoints it has now; copied for the same reason. */
export function backendsReply(publication: Publication | undefined, health: Int32Array): Reply {
  if (publication === undefined) return listReply({ generation: 0 }, 'backends', []);
  const table = new EndpointTable(publication.endpoints.bytes.slice(0) as SharedArrayBuffer);
  return listReply({ generation: publication.generation }, 'backends', describeBackends(table, health));
}

function* describeBackends(table: EndpointTable, health: Int32Array): Generator<BackendDescription> {
  for (let id = 0; id < table.idLimit; id++) {
    if (table.revisionOf(id) === 0) continue;
    const endpoints = table.endpointsOf(id).map(({ slot, address, port, weight }) => {
      const available = !isOut(health, slot);
      return { address, port, text: endpointText({ address, port }), weight, available };
    });
    yield { key: table.keyOf(id), loadBalancing: balancingText(table.policyOf(id).balancing), endpoints };
  }
}

export const shardsReply = (shards: readonly ShardReport[]): Reply => jsonReply(200, { shards });

export const refusalsReply = (refusals: readonly Refusal[]): Reply => listReply({}, 'refusals', refusals);

/** What is followed of a cluster, kind by kind; a folder says nothing of itself. */
export const sourceReply = (source: SourceFacts | undefined): Reply => jsonReply(200, { cluster: source ?? null });

import type { KubeObject } from '../../../model/objects.ts';
import { type Resource, resources } from '../../cluster/resources.ts';
import { TLS_TYPE } from '../admit/secret.ts';
import type { WatchedObject } from './watched-object.ts';

/** What is listed and watched of one kind. */
export interface WatchedKind {
  readonly resource: Resource;
  /** Nothing is served before it was listed whole. The others may be absent or forbidden. */
  readonly required: boolean;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string;
}

export interface KindChoice {
  readonly labelSelector: string | undefined;
  readonly secretScope: 'referenced' | 'all';
}

const ingressClass: WatchedKind = { resource: resources.ingressClass, required: false };

/** Those of the cluster as a whole. */
export const clusterKinds: readonly WatchedKind[] = [ingressClass];

/** Those that stand in namespaces. */
export function namespacedKinds({ labelSelector, secretScope }: KindChoice): readonly WatchedKind[] {
  const secrets = { resource: resources.secret, required: false, fieldSelector: `type=${TLS_TYPE}` };
  return [
    { resource: resources.ingress, required: true, labelSelector },
    { resource: resources.service, required: true },
    { resource: resources.endpointSlice, required: true },
    ...(secretScope === 'all' ? [secrets] : []),
  ];
}

/** How many routes or endpoints stand in one, for the judgement of a list that has lost many of them. */
export function weightOf(object: KubeObject | undefined): number {
  if (object?.kind === 'EndpointSlice') return object.endpoints.length;
  if (object?.kind !== 'Ingress') return 0;
  const paths = object.rules.reduce((sum, rule) => sum + (rule.paths?.length ?? 0), 0);
  return paths + (object.defaultBackend === undefined ? 0 : 1);
}

/** Kind → the sum of what its objects weigh. */
export type Weights = ReadonlyMap<string, number>;

export function weightsOf(all: Iterable<WatchedObject>): Weights {
  const sums = new Map<string, number>();
  for (const { ref, object } of all) sums.set(ref.kind, (sums.get(ref.kind) ?? 0) + weightOf(object));
  return sums;
}

/** Less than half of the routes, or of the endpoints. */
export const isMuchLess = (now: Weights, before: Weights): boolean =>
  [...before].some(([kind, weight]) => (now.get(kind) ?? 0) * 2 < weight);

import type { Kind } from '../../../model/objects.ts';
import { readEndpointSlice } from './endpoint-slice.ts';
import { readIngress } from './ingress.ts';
import { readIngressClass } from './ingress-class.ts';
import type { ReadKind } from './kind-reader.ts';
import { readSecret } from './secret.ts';
import { readService } from './service.ts';

export interface KnownKind {
  readonly kind: Kind;
  readonly apiVersion: string;
  /** Groups in which the same word means another thing: nothing of ours, so nothing to say. */
  readonly foreignGroups: readonly string[];
  readonly namespaced: boolean;
  readonly read: ReadKind;
}

const known: readonly KnownKind[] = [
  {
    kind: 'Ingress',
    apiVersion: 'networking.k8s.io/v1',
    foreignGroups: ['config.openshift.io', 'networking.internal.knative.dev'],
    namespaced: true,
    read: readIngress,
  },
  {
    kind: 'IngressClass',
    apiVersion: 'networking.k8s.io/v1',
    foreignGroups: [],
    namespaced: false,
    read: readIngressClass,
  },
  { kind: 'Service', apiVersion: 'v1', foreignGroups: ['serving.knative.dev'], namespaced: true, read: readService },
  {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    foreignGroups: [],
    namespaced: true,
    read: readEndpointSlice,
  },
  { kind: 'Secret', apiVersion: 'v1', foreignGroups: [], namespaced: true, read: readSecret },
];

/** A Map, because a document may call its kind `__proto__`. */
export const kinds: ReadonlyMap<string, KnownKind> = new Map(known.map((entry) => [entry.kind, entry]));

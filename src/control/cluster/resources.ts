/** Where a kind lives in the API. */
export interface Resource {
  readonly kind: string;
  /** `v1`, `networking.k8s.io/v1` */
  readonly apiVersion: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** `/apis/networking.k8s.io/v1/namespaces/shop/ingresses`; without a namespace the whole cluster. */
export function collectionPath({ apiVersion, plural }: Resource, namespace?: string): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace === undefined
    ? `${group}/${plural}`
    : `${group}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

/** Path of one object; `namespace` is '' for cluster-scoped kinds. */
export const objectPath = (resource: Resource, namespace: string, name: string): string =>
  `${collectionPath(resource, namespace === '' ? undefined : namespace)}/${encodeURIComponent(name)}`;

const of = (kind: string, apiVersion: string, plural: string, namespaced = true): Resource => ({
  ...{ kind, apiVersion, plural, namespaced },
});

/** Every kind that we read or write. */
export const resources = {
  ingress: of('Ingress', 'networking.k8s.io/v1', 'ingresses'),
  ingressClass: of('IngressClass', 'networking.k8s.io/v1', 'ingressclasses', false),
  service: of('Service', 'v1', 'services'),
  endpointSlice: of('EndpointSlice', 'discovery.k8s.io/v1', 'endpointslices'),
  secret: of('Secret', 'v1', 'secrets'),
  namespace: of('Namespace', 'v1', 'namespaces', false),
  pod: of('Pod', 'v1', 'pods'),
  node: of('Node', 'v1', 'nodes', false),
  lease: of('Lease', 'coordination.k8s.io/v1', 'leases'),
  event: of('Event', 'events.k8s.io/v1', 'events'),
} as const satisfies Record<string, Resource>;

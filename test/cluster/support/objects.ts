import { ingress as plainIngress, type RouteLine } from '../../support/manifests.ts';
import type { Pod } from './pods.ts';

export const CLASS = 'komainu';
export const CONTROLLER = 'komainu.dev/ingress-controller';

export const namespaceObject = (name: string, labels: Readonly<Record<string, string>> = {}): object => ({
  ...{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } },
});

export const ingressClass = (name = CLASS, controller = CONTROLLER, isDefault = false): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: {
    name,
    ...(isDefault && { annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } }),
  },
  spec: { controller },
});

/** Of our class; `spec` is added to it. Use `within` for a namespace other than `default`. */
export const ingress = (name: string, lines: readonly RouteLine[], spec: object = {}): object =>
  plainIngress(name, lines, { ingressClassName: CLASS, ...spec });

/** Port 80 with the name `http`; headless, so that thousands do not wait for addresses. */
export const service = (name: string, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { clusterIP: 'None', ports: [{ name: 'http', port: 80 }], ...spec },
});

/** The pods that serve the port `http` of a Service, which must be of one address family and listen on one port. */
export const slice = (serviceName: string, pods: readonly Pick<Pod, 'address' | 'port'>[], part = 0): object => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: `${serviceName}-${part}`,
    labels: {
      'kubernetes.io/service-name': serviceName,
      'endpointslice.kubernetes.io/managed-by': 'test.komainu.dev',
    },
  },
  addressType: pods[0]?.address.includes(':') ? 'IPv6' : 'IPv4',
  endpoints: pods.map(({ address }) => ({ addresses: [address], conditions: { ready: true } })),
  ports: [{ name: 'http', port: pods[0]?.port ?? 8080, protocol: 'TCP' }],
});

/** Ingress, Service and EndpointSlice of one host, all of one name. */
export const site = (name: string, host: string, pods: readonly Pod[]): readonly object[] => [
  ingress(name, [{ host, service: name }]),
  service(name),
  slice(name, pods),
];

/** The same objects in this namespace. */
export const within = (namespace: string, objects: readonly object[]): readonly object[] =>
  (objects as readonly { metadata: object }[]).map((object) => ({
    ...object,
    metadata: { ...object.metadata, namespace },
  }));

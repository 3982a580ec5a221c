import type { KubeObject } from './case.ts';

/**
 * Kubernetes objects as the tables write them. Every text `<one>`, `<main>`, … becomes the address of that pod, or the number of that
 * port; an object without a namespace gets that of its case, and every other namespace becomes one of the case's own.
 */

export const OUR_CONTROLLER = 'komainu.dev/ingress-controller';

/** `SERVICE` on port 80, `SERVICE:8080`, `SERVICE:http`. */
export function to(text: string): object {
  const [name, port = '80'] = text.split(':');
  return { service: { name, port: /^\d+$/.test(port) ? { number: Number(port) } : { name: port } } };
}

/** `Prefix /foo one`. `ImplementationSpecific one` has no path. */
function pathOf(line: string): object {
  const words = line.split(' ');
  const [pathType, backend] = [words[0], words.at(-1)!];
  const path = words.length === 2 ? {} : { path: words.slice(1, -1).join(' ') };
  return { ...path, pathType, backend: to(backend) };
}

/** '' is a rule without a host; without lines it has no `http`. */
export const rule = (host: string, ...lines: readonly string[]): object => ({
  ...(host !== '' && { host }),
  ...(lines.length > 0 && { http: { paths: lines.map(pathOf) } }),
});

/** Of the class `komainu` where `more` says nothing else. */
export const ingress = (name: string, rules: readonly object[], more: object = {}): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name },
  spec: { ingressClassName: 'komainu', ...(rules.length > 0 && { rules }), ...more },
});

/** Without `ingressClassName`. */
export const classless = (name: string, rules: readonly object[], annotations: object = {}): KubeObject =>
  withMeta(ingress(name, rules, { ingressClassName: undefined }), { annotations });

export const ingressClass = (name: string, spec: object = {}, annotations: object = {}): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name, annotations },
  spec: { controller: OUR_CONTROLLER, ...spec },
});

const port80 = [{ port: 80, targetPort: 8080 }];

export const service = (name: string, spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { ports: port80, ...spec },
});

/** An endpoint: the name of a pod that is ready, or the pod and its conditions, or whatever else. */
export type EndpointText = string | readonly [pod: string, conditions: object] | object;

const endpointOf = (endpoint: EndpointText): object => {
  if (typeof endpoint === 'string') return { addresses: [`<${endpoint}>`], conditions: { ready: true } };
  if (!Array.isArray(endpoint)) return endpoint as object;
  const [pod, conditions] = endpoint as [string, object];
  return { addresses: [`<${pod}>`], conditions };
};

/** The first slice of a Service is called as the Service. Its one port has no name and is the pods' main one. */
export const slice = (of: string, endpoints: readonly EndpointText[], more: object = {}, name = of): KubeObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name,
    labels: { 'kubernetes.io/service-name': of, 'endpointslice.kubernetes.io/managed-by': 'komainu-tests' },
  },
  addressType: 'IPv4',
  ports: [{ name: '', port: '<main>', protocol: 'TCP' }],
  endpoints: endpoints.map(endpointOf),
  ...more,
});

/** A Service on port 80 and its slice. */
export const served = (name: string, ...endpoints: readonly EndpointText[]): KubeObject[] => [
  service(name),
  slice(name, endpoints),
];

export const secret = (name: string, data: Readonly<Record<string, string>>, type = 'Opaque'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  type,
  data,
});

export const withMeta = (object: KubeObject, meta: object): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, ...meta },
});

/** A namespace of the same case, beside the usual one. */
export const elsewhere = (object: KubeObject, namespace = 'other'): KubeObject => withMeta(object, { namespace });

/** `Ingress web`, `Service other/web`. */
export const refText = ({ kind, metadata: { name, namespace } }: KubeObject): string =>
  namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;

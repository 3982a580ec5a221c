/** Kubernetes manifests as tests write them: JSON documents in a `.yaml` file. */

export interface RouteLine {
  readonly host?: string;
  readonly path?: string;
  readonly pathType?: 'Exact' | 'Prefix' | 'ImplementationSpecific';
  /** The Service that takes it. */
  readonly service: string;
}

export const documents = (...objects: readonly object[]): string =>
  objects.map((object) => `${JSON.stringify(object, null, 1)}\n`).join('---\n');

export const ingress = (name: string, lines: readonly RouteLine[], spec: object = {}): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name },
  spec: { ...spec, rules: lines.map(ruleOf) },
});

const ruleOf = ({ host, path = '/', pathType = 'Prefix', service: name }: RouteLine): object => ({
  ...(host !== undefined && { host }),
  http: { paths: [{ path, pathType, backend: { service: { name, port: { number: 80 } } } }] },
});

/** A Service whose endpoints stand beside it: ports of 127.0.0.1, or whole `address:port` texts. */
export const service = (name: string, endpoints: readonly (number | string)[]): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name,
    annotations: {
      'komainu.dev/endpoints': endpoints.map((one) => (typeof one === 'number' ? `127.0.0.1:${one}` : one)).join(', '),
    },
  },
  spec: { ports: [{ port: 80 }] },
});

/** One host, one Service, one document text. */
export const route = (host: string, endpoints: readonly (number | string)[], path = '/'): string => {
  const name = host.replace(/[^a-z0-9-]/g, '-');
  return documents(ingress(name, [{ host, path, service: name }]), service(name, endpoints));
};

/** Every host and path goes to these endpoints. */
export const everything = (...endpoints: readonly (number | string)[]): Readonly<Record<string, string>> => ({
  'everything.yaml': documents(ingress('everything', [{ service: 'everything' }]), service('everything', endpoints)),
});

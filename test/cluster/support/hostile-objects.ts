import { CLASS, ingress, service, slice } from './objects.ts';
import type { Pod } from './pods.ts';

/** Objects that a real API server takes, and the one among them that Komainu must name as bad. */
export interface Hostile {
  readonly what: string;
  readonly objects: readonly object[];
  readonly bad: { readonly kind: string; readonly name: string };
}

interface Parts {
  readonly name: string;
  readonly host: string;
  readonly pods: readonly Pod[];
  /** A host that is served for somebody else. */
  readonly victim: string;
  readonly pick: <T>(choices: readonly T[]) => T;
}

type Mutation = (parts: Parts) => Hostile;

/** None can ever match a request (`rule-path.ts`); as ImplementationSpecific the API server takes them all. */
const deadPaths = [
  ...[
    '/a//b',
    '/a/../b',
    '/.',
    '/a/./b',
    '/%zz',
    '/%',
    '/a%2fb',
    '/a%5Cb',
    '/a\\b',
    '/%00',
    '/x?y=1',
    '/#here',
    '/a/..;/b',
    '/%c0%af',
  ],
];

const badBalancing = [
  '',
  'fastest',
  'cookie',
  'cookie a b',
  'hash header',
  'hash header Connection',
  'cookie __Host-x',
  'hash header ü',
];

const badWeights = ['', '0', '-1', '1001', '1.5', 'heavy', '1e2', '٣'];

const whole = (what: string, kind: string, name: string, objects: readonly object[]): Hostile => ({
  ...{ what, objects, bad: { kind, name } },
});

/** The Ingress alone is at fault, and the Service behind it is not. */
function ofIngress(what: string, { name, pods }: Parts, spec: object): Hostile {
  const route = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name },
    spec: { ingressClassName: CLASS, ...spec },
  };
  return whole(what, 'Ingress', name, [route, service(name), slice(name, pods)]);
}

const backendOf = (name: string, port: object = { number: 80 }): object => ({ service: { name, port } });

const ruleOf = (host: string, ...paths: readonly object[]): object => ({ host, http: { paths } });

const annotated = (object: object, name: string, value: string): object => {
  const { metadata, ...rest } = object as { metadata: object };
  return { ...rest, metadata: { ...metadata, annotations: { [name]: value } } };
};

const prefix = (path: string, backend: object): object => ({ path, pathType: 'Prefix', backend });

const mutations: readonly Mutation[] = [
  (parts) => {
    const resource = { apiGroup: 'storage.example.com', kind: 'Bucket', name: 'static' };
    return ofIngress('a resource as the backend', parts, { rules: [ruleOf(parts.host, prefix('/', { resource }))] });
  },
  (parts) => {
    const resource = { kind: 'Pod', name: 'web-1' };
    return ofIngress('a resource as the default backend', parts, { defaultBackend: { resource } });
  },
  (parts) => {
    const path = parts.pick(deadPaths);
    const dead = { path, pathType: 'ImplementationSpecific', backend: backendOf(parts.name) };
    return ofIngress(`the path ${path}`, parts, { rules: [ruleOf(parts.host, dead)] });
  },
  (parts) => {
    const missing = parts.pick(['constructor', 'nowhere', 'x'.repeat(63), 'hasownproperty']);
    return ofIngress('a Service that is not there', parts, {
      rules: [ruleOf(parts.host, prefix('/', backendOf(missing)))],
    });
  },
  (parts) => {
    const port = parts.pick<object>([{ number: 81 }, { number: 65_535 }, { name: 'https' }, { name: 'constructor' }]);
    return ofIngress('a port that is not there', parts, {
      rules: [ruleOf(parts.host, prefix('/', backendOf(parts.name, port)))],
    });
  },
  (parts) => {
    const twice = [prefix('/a', backendOf(parts.name)), prefix('/a/', backendOf(parts.name))];
    return ofIngress('one path twice', parts, { rules: [ruleOf(parts.host, ...twice)] });
  },
  (parts) =>
    ofIngress('a path of somebody else', parts, { rules: [ruleOf(parts.victim, prefix('/', backendOf(parts.name)))] }),
  (parts) => ofIngress('a host without paths', parts, { rules: [{ host: parts.host }] }),
  (parts) => {
    const paths = Array.from({ length: 100 }, (_, i) => prefix(`/${i}`, backendOf(`nowhere-${i}`)));
    return ofIngress('a hundred paths to nowhere', parts, { rules: [ruleOf(parts.host, ...paths)] });
  },
  ({ name, host, pods, pick }) => {
    const broken = annotated(service(name), 'komainu.dev/load-balancing', pick(badBalancing));
    const objects = [ingress(name, [{ host, service: name }]), broken, slice(name, pods)];
    return whole('a policy that is none', 'Service', name, objects);
  },
  ({ name, host, pods, pick }) => {
    const broken = annotated(service(name), 'komainu.dev/proxy-protocol', pick(['', 'v3', 'V1', 'on']));
    const objects = [ingress(name, [{ host, service: name }]), broken, slice(name, pods)];
    return whole('a version of the PROXY protocol that is none', 'Service', name, objects);
  },
  ({ name, host, pods, pick }) => {
    const appProtocol = pick(['kubernetes.io/h2c', 'https', 'grpc', 'kubernetes.io/wss']);
    const broken = service(name, { ports: [{ name: 'http', port: 80, appProtocol }] });
    const objects = [ingress(name, [{ host, service: name }]), broken, slice(name, pods)];
    return whole('a protocol that is not spoken', 'Service', name, objects);
  },
  ({ name, host, pick }) => {
    const externalName = pick(['localhost', '127.0.0.1', 'api.example.com', 'constructor']);
    const broken = service(name, { type: 'ExternalName', externalName, clusterIP: undefined });
    return whole('an external name', 'Service', name, [ingress(name, [{ host, service: name }]), broken]);
  },
  ({ name, host, pods, pick }) => {
    const broken = annotated(slice(name, pods), 'komainu.dev/weight', pick(badWeights));
    const objects = [ingress(name, [{ host, service: name }]), service(name), broken];
    return whole('a weight that is none', 'EndpointSlice', `${name}-0`, objects);
  },
  ({ name, host }) => {
    const endpoints = [{ addresses: ['web.example.com'] }];
    const broken = { ...slice(name, []), addressType: 'FQDN', endpoints };
    const objects = [ingress(name, [{ host, service: name }]), service(name), broken];
    return whole('endpoints by name', 'EndpointSlice', `${name}-0`, objects);
  },
  ({ name, host, pods, pick }) => {
    const ports = pick<object[]>([[], [{ name: 'other', port: 80 }], [{ name: 'http', port: 80, protocol: 'UDP' }]]);
    const broken = { ...slice(name, pods), ports };
    const objects = [ingress(name, [{ host, service: name }]), service(name), broken];
    return whole('endpoints without the port', 'EndpointSlice', `${name}-0`, objects);
  },
];

/** Allowed anywhere, and nobody's business; some are names that every JavaScript object has. */
const oddAnnotations: readonly (readonly [name: string, value: string])[] = [
  ['constructor', '{}'],
  ['toString', 'toString'],
  ['hasOwnProperty', 'false'],
  ['komainu.dev/endpoints', '127.0.0.1:1'],
  ['komainu.dev/unknown', '\u0000\u202e💥'],
  ['nginx.ingress.kubernetes.io/server-snippet', 'location / { return 500; }'],
  ['example.com/large', 'x'.repeat(20_000)],
];

const ownLabels = { constructor: 'constructor', 'example.com/valueOf': 'x' };

function dressed(object: object, pick: Parts['pick']): object {
  const { metadata, ...rest } = object as { metadata: { annotations?: object; labels?: object } };
  const [name, value] = pick(oddAnnotations);
  const annotations = { [name]: value, ...metadata.annotations };
  return { ...rest, metadata: { ...metadata, annotations, labels: { ...ownLabels, ...metadata.labels } } };
}

/** As many as asked for, every mutation in turn; `below` decides the rest. */
export function hostileObjects(
  count: number,
  pods: readonly Pod[],
  victims: readonly string[],
  below: (limit: number) => number,
): readonly Hostile[] {
  const pick: Parts['pick'] = (choices) => choices[below(choices.length)];
  return Array.from({ length: count }, (_, i) => {
    const name = `bad-${i}`;
    const made = mutations[i % mutations.length]({ name, host: `${name}.test`, pods, victim: pick(victims), pick });
    return { ...made, objects: made.objects.map((object) => dressed(object, pick)) };
  });
}

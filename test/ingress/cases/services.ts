import type { Case, KubeObject } from '../case.ts';
import { elsewhere, ingress, rule, served, service, slice } from '../objects.ts';

const web = (line: string) => ingress('web', [rule('foo.bar.com', line)]);
const FOO = 'foo.bar.com/';
const PORT_MISSING = 'Ingress web spec.rules[0].http.paths[0].backend.service.port.number ServicePortMissing';

const twoPorts = [
  { name: 'http', port: 80, targetPort: 8080 },
  { name: 'admin', port: 9000, targetPort: 'admin' },
];
const twoSlicePorts = [
  { name: 'http', port: '<main>', protocol: 'TCP' },
  { name: 'admin', port: '<other>', protocol: 'TCP' },
];

/** A Service and its slice with two named ports. */
const multi = [service('multi', { ports: twoPorts }), slice('multi', ['one'], { ports: twoSlicePorts })];

const typed = (says: string, spec: object): Case => ({
  says,
  source: 'Service, Service type',
  objects: [
    service('typed', { ...spec, ports: [{ port: 80, targetPort: 8080 }] }),
    slice('typed', ['one']),
    web('Prefix / typed'),
  ],
  asks: { [FOO]: 'one' },
});

const spoken = (appProtocol: string, says: string): Case => ({
  says,
  source: 'Service, Application protocol',
  objects: [
    service('spoken', { ports: [{ port: 80, targetPort: 8080, appProtocol }] }),
    slice('spoken', ['one'], { ports: [{ name: '', port: '<main>', protocol: 'TCP', appProtocol }] }),
    web('Prefix / spoken'),
  ],
  asks: { [FOO]: 'one' },
});

const unspoken = (appProtocol: string): Case => ({
  ...spoken(
    appProtocol,
    `appProtocol ${appProtocol} is one that we know and do not speak: 503, and its author is told`,
  ),
  asks: { [FOO]: 503 },
  refused: ['Service spoken spec.ports[0].appProtocol ServiceUnsupported'],
});

const missing: readonly Case[] = [
  {
    says: 'a Service that does not exist: 503, its author is told, other paths serve; it is served when it comes',
    source: 'Ingress, Simple fanout',
    objects: [ingress('web', [rule('foo.bar.com', 'Prefix /late late', 'Prefix /one one')])],
    asks: { 'foo.bar.com/late': 503, 'foo.bar.com/one': 'one' },
    refused: ['Ingress web spec.rules[0].http.paths[0].backend.service.name ServiceMissing'],
    steps: [
      { does: 'the Service comes', objects: served('late', 'two'), asks: { 'foo.bar.com/late': 'two' } },
      {
        does: 'the Service goes',
        removes: ['Service late'],
        asks: { 'foo.bar.com/late': 503, 'foo.bar.com/one': 'one' },
        refused: ['Ingress web spec.rules[0].http.paths[0].backend.service.name ServiceMissing'],
      },
    ],
  },
  {
    says: 'the service must exist in the same namespace as the Ingress object',
    source: 'networking/v1, IngressServiceBackend.name',
    objects: [web('Prefix / far'), ...served('far', 'two').map((object) => elsewhere(object))],
    asks: { [FOO]: 503 },
    refused: ['Ingress web spec.rules[0].http.paths[0].backend.service.name ServiceMissing'],
  },
  {
    says: 'each namespace has a Service of that name: the Ingress has that of its own',
    source: 'networking/v1, IngressServiceBackend.name',
    objects: [
      ...served('web', 'one'),
      ...served('web', 'two').map((object) => elsewhere(object)),
      ingress('web', [rule('foo.bar.com', 'Prefix / web')]),
      elsewhere(ingress('web', [rule('bar.foo.com', 'Prefix / web')])),
    ],
    asks: { [FOO]: 'one', 'bar.foo.com/': 'two' },
  },
  {
    says: 'a port number that the Service does not have: 503, and its author is told',
    source: 'networking/v1, ServiceBackendPort.number',
    objects: [web('Prefix / one:8080')],
    asks: { [FOO]: 503 },
    refused: [PORT_MISSING],
  },
  {
    says: 'a port name that the Service does not have: 503, and its author is told',
    source: 'networking/v1, ServiceBackendPort.name',
    objects: [...multi, web('Prefix / multi:https')],
    asks: { [FOO]: 503 },
    refused: ['Ingress web spec.rules[0].http.paths[0].backend.service.port.name ServicePortMissing'],
  },
];

const ports: readonly Case[] = [
  {
    says: 'a backend names a port of the Service by number or by name',
    source: 'Ingress, Ingress rules',
    objects: [
      ...multi,
      ingress('web', [
        rule(
          'foo.bar.com',
          'Prefix /a multi:80',
          'Prefix /b multi:9000',
          'Prefix /c multi:http',
          'Prefix /d multi:admin',
        ),
      ]),
    ],
    asks: {
      'foo.bar.com/a': 'one',
      'foo.bar.com/b': 'one:other',
      'foo.bar.com/c': 'one',
      'foo.bar.com/d': 'one:other',
    },
  },
  {
    says: 'number is the port on the Service, never that of the pod',
    source: 'networking/v1, ServiceBackendPort.number',
    objects: [
      service('swapped', {
        ports: [
          { name: 'a', port: 8080, targetPort: 9000 },
          { name: 'b', port: 9000, targetPort: 8080 },
        ],
      }),
      slice('swapped', ['one'], {
        ports: [
          { name: 'a', port: '<main>', protocol: 'TCP' },
          { name: 'b', port: '<other>', protocol: 'TCP' },
        ],
      }),
      ingress('web', [rule('foo.bar.com', 'Prefix /a swapped:8080', 'Prefix /b swapped:9000')]),
    ],
    asks: { 'foo.bar.com/a': 'one', 'foo.bar.com/b': 'one:other' },
  },
  {
    says: 'pods may have different numbers for one named target port',
    source: 'Service, Port definitions',
    objects: [
      service('mixed', { ports: [{ name: 'http', port: 80, targetPort: 'http-web-svc' }] }),
      slice('mixed', ['one'], { ports: [{ name: 'http', port: '<main>', protocol: 'TCP' }] }, 'mixed-1'),
      slice('mixed', ['two'], { ports: [{ name: 'http', port: '<other>', protocol: 'TCP' }] }, 'mixed-2'),
      web('Prefix / mixed'),
    ],
    asks: { [FOO]: ['one', 'two:other'] },
  },
  {
    says: 'a port may change its number',
    source: 'Service, Port definitions',
    objects: [...multi, web('Prefix / multi:http')],
    asks: { [FOO]: 'one' },
    steps: [
      {
        does: 'the number on the pods changes',
        objects: [
          slice('multi', ['one'], {
            ports: [
              { name: 'http', port: '<other>', protocol: 'TCP' },
              { name: 'admin', port: '<main>', protocol: 'TCP' },
            ],
          }),
        ],
        asks: { [FOO]: 'one:other' },
      },
      {
        does: 'the number on the Service changes, which a name does not mind',
        objects: [service('multi', { ports: [{ ...twoPorts[0], port: 8000 }, twoPorts[1]] })],
        asks: { [FOO]: 'one:other' },
      },
    ],
  },
  {
    says: 'HTTP goes over TCP: a UDP port of the same number is another port',
    source: 'Service, Multi-port Services',
    objects: [
      service('quic', {
        ports: [
          { name: 'h3', port: 80, protocol: 'UDP', targetPort: 9000 },
          { name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 },
        ],
      }),
      slice('quic', ['one'], {
        ports: [
          { name: 'h3', port: '<other>', protocol: 'UDP' },
          { name: 'http', port: '<main>', protocol: 'TCP' },
        ],
      }),
      web('Prefix / quic:80'),
    ],
    asks: { [FOO]: 'one' },
  },
  {
    says: 'a port of UDP alone takes no HTTP',
    source: 'Ingress, What is Ingress?',
    objects: [
      service('udp', { ports: [{ port: 80, protocol: 'UDP' }] }),
      slice('udp', ['one'], { ports: [{ name: '', port: '<main>', protocol: 'UDP' }] }),
      web('Prefix / udp'),
    ],
    asks: { [FOO]: 503 },
    refused: [PORT_MISSING],
  },
];

const types: readonly Case[] = [
  typed('a Service of type ClusterIP', { type: 'ClusterIP' }),
  typed('each type adds to the previous: NodePort', { type: 'NodePort' }),
  typed('each type adds to the previous: LoadBalancer', { type: 'LoadBalancer' }),
  typed('a headless Service', { clusterIP: 'None' }),
  typed('a Service without a selector works the same as with one', { selector: undefined }),
  typed('a Service with a selector', { selector: { 'app.kubernetes.io/name': 'MyApp' } }),
  {
    says: 'a Service of type ExternalName is refused where the setting does not allow it: 503, and its author is told',
    source: 'ours',
    objects: [service('away', { type: 'ExternalName', externalName: 'api.foo.bar.example' }), web('Prefix / away')],
    asks: { [FOO]: 503 },
    refused: ['Service away spec.type ServiceUnsupported'],
  },
];

const external = (name: string, port: object = { port: 80, targetPort: '<main>' }) =>
  service('away', { type: 'ExternalName', externalName: name, ports: [port] });

const externalName = (
  says: string,
  source: string,
  objects: readonly KubeObject[],
  expected: string | number,
): Case => ({
  says,
  source,
  flags: ['--allow-external-name'],
  objects,
  asks: { [FOO]: expected },
});

const isNoName = { refused: ['Service away spec.externalName ServiceUnsupported'] };

const externalNames: readonly Case[] = [
  {
    ...externalName(
      'ExternalName maps the Service to the contents of the externalName field, and follows it',
      'Service, type: ExternalName',
      [external('api.foo.bar.example'), web('Prefix / away')],
      'one',
    ),
    steps: [
      { does: 'another name', objects: [external('api2.foo.bar.example')], asks: { [FOO]: 'two' } },
      {
        does: 'another port',
        objects: [external('api2.foo.bar.example', { port: '<other>' })],
        asks: { [FOO]: 503 },
        refused: [PORT_MISSING],
      },
      {
        does: 'another type',
        objects: [service('away'), slice('away', ['one'])],
        asks: { [FOO]: 'one' },
      },
    ],
  },
  externalName(
    'the externalName may have its terminating dot',
    'core/v1, ServiceSpec.externalName',
    [external('api.foo.bar.example.'), web('Prefix / away')],
    'one',
  ),
  externalName(
    'an ExternalName needs no ports: the rule says which',
    'core/v1, ServiceSpec.type',
    [
      service('away', { type: 'ExternalName', externalName: 'api.foo.bar.example', ports: undefined }),
      ingress('web', [
        {
          host: 'foo.bar.com',
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: { service: { name: 'away', port: { number: '<other>' } } } },
            ],
          },
        },
      ]),
    ],
    'one:other',
  ),
  externalName(
    'a selector is ignored if the type is ExternalName, and so are slices of that Service',
    'core/v1, ServiceSpec.selector',
    [external('api.foo.bar.example'), slice('away', ['two']), web('Prefix / away')],
    'one',
  ),
  {
    ...externalName(
      'an ExternalName that looks like an IPv4 address is treated as a name of digits, not as an address',
      'Service, type: ExternalName',
      [external('192.0.2.7'), web('Prefix / away')],
      503,
    ),
    ...isNoName,
  },
  {
    ...externalName(
      'an ExternalName leads out of this machine',
      'ours',
      [external('localhost'), web('Prefix / away')],
      503,
    ),
    ...isNoName,
  },
  externalName(
    'an ExternalName that nobody knows: 502',
    'ours',
    [external('nobody.invalid'), web('Prefix / away')],
    502,
  ),
];

export const serviceCases: readonly Case[] = [
  ...ports,
  ...missing,
  ...types,
  ...externalNames,
  spoken('http', 'appProtocol http is what we speak anyway'),
  spoken('HTTP', 'appProtocol in other letters'),
  spoken(
    'kubernetes.io/ws',
    'appProtocol kubernetes.io/ws is WebSocket over cleartext, and so HTTP before the upgrade',
  ),
  spoken(
    'mycompany.com/my-custom-protocol',
    'appProtocol is a hint, for protocols that an implementation understands: another is ignored',
  ),
  ...['https', 'grpc', 'kubernetes.io/h2c', 'kubernetes.io/wss'].map(unspoken),
];

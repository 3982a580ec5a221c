import type { Case } from '../case.ts';
import { type EndpointText, ingress, rule, served, service, slice, withMeta } from '../objects.ts';

const FOO = 'foo.bar.com/';
const web = ingress('web', [rule('foo.bar.com', 'Prefix / pods')]);

/** A Service whose one slice has these endpoints. */
const pods = (
  says: string,
  source: string,
  endpoints: readonly EndpointText[],
  expected: string | number | readonly string[],
  more: Pick<Case, 'refused' | 'steps'> = {},
): Case => ({ says, source, objects: [...served('pods', ...endpoints), web], asks: { [FOO]: expected }, ...more });

const CONDITIONS = 'discovery/v1, EndpointConditions';
const drained = { ready: false, serving: true, terminating: true };

const conditions: readonly Case[] = [
  pods(
    'ready: the endpoint is ready to receive traffic, another one is not',
    CONDITIONS,
    ['one', ['two', { ready: false }]],
    'one',
  ),
  pods(
    'ready: a nil value should be interpreted as true',
    CONDITIONS,
    [['one', {}], { addresses: ['<two>'] }],
    ['one', 'two'],
  ),
  pods(
    'no endpoint is ready: 503',
    CONDITIONS,
    [
      ['one', { ready: false }],
      ['two', { ready: false }],
    ],
    503,
  ),
  pods(
    'a pod that is not ready and not terminating gets nothing, even when it says that it serves',
    CONDITIONS,
    [['one', { ready: false, serving: true, terminating: false }]],
    503,
  ),
  pods(
    'endpoints that are terminating are normally ignored',
    'EndpointSlices, Conditions',
    ['one', ['two', drained]],
    'one',
  ),
  pods(
    'traffic may be routed to endpoints that serve and terminate if all available endpoints are terminating',
    'EndpointSlices, Conditions',
    [
      ['one', drained],
      ['two', { ready: false, serving: false, terminating: true }],
      ['pod-0', { ready: false }],
    ],
    'one',
  ),
  pods(
    '… and to all of them',
    'EndpointSlices, Conditions',
    [
      ['one', drained],
      ['two', drained],
    ],
    ['one', 'two'],
  ),
  pods(
    'no endpoint serves: 503',
    'EndpointSlices, Conditions',
    [['one', { ready: false, serving: false, terminating: true }]],
    503,
  ),
  pods(
    'serving: a nil value should be interpreted as true',
    CONDITIONS,
    [['one', { ready: false, terminating: true }]],
    'one',
  ),
  pods(
    'terminating: a nil value should be interpreted as false',
    CONDITIONS,
    [['one', { ready: false, serving: true }]],
    503,
  ),
  {
    says: 'publishNotReadyAddresses: agents can assume that all endpoints are ready in the slices',
    source: 'core/v1, ServiceSpec.publishNotReadyAddresses',
    objects: [
      service('pods', { publishNotReadyAddresses: true, clusterIP: 'None' }),
      slice('pods', [
        ['one', { ready: true, serving: false, terminating: false }],
        ['two', { ready: true, serving: false, terminating: true }],
      ]),
      web,
    ],
    asks: { [FOO]: ['one', 'two'] },
  },
];

/** One after the other, as a rolling update does it. */
const rolling: Case = pods(
  'no traffic is lost during a rolling update of the underlying pods',
  'EndpointSlices, Conditions',
  ['one'],
  'one',
  {
    steps: [
      {
        does: 'a new pod starts',
        objects: [slice('pods', ['one', ['two', { ready: false }]])],
        asks: { [FOO]: 'one' },
      },
      { does: 'it is ready', objects: [slice('pods', ['one', 'two'])], asks: { [FOO]: ['one', 'two'] } },
      { does: 'the old one ends', objects: [slice('pods', [['one', drained], 'two'])], asks: { [FOO]: 'two' } },
      {
        does: 'the new one is not ready for a moment',
        objects: [
          slice('pods', [
            ['one', drained],
            ['two', { ready: false, serving: false }],
          ]),
        ],
        asks: { [FOO]: 'one' },
      },
      { does: 'it is ready again', objects: [slice('pods', [['one', drained], 'two'])], asks: { [FOO]: 'two' } },
      { does: 'the old one is gone', objects: [slice('pods', ['two'])], asks: { [FOO]: 'two' } },
    ],
  },
);

const slices: readonly Case[] = [
  {
    says: 'there may be multiple EndpointSlice objects which must be joined',
    source: 'discovery/v1, EndpointSlice',
    objects: [service('pods'), slice('pods', ['one'], {}, 'pods-1'), slice('pods', ['two'], {}, 'pods-2'), web],
    asks: { [FOO]: ['one', 'two'] },
    steps: [{ does: 'one of them goes', removes: ['EndpointSlice pods-1'], asks: { [FOO]: 'two' } }],
  },
  {
    says: 'endpoints may be duplicated in different slices: each is one, and ready where one of them says so',
    source: 'EndpointSlices, Duplicate endpoints',
    objects: [
      service('pods'),
      slice('pods', ['one', 'two'], {}, 'pods-1'),
      slice('pods', ['one', ['two', { ready: false }]], {}, 'pods-2'),
      web,
    ],
    asks: { [FOO]: ['one', 'two'] },
  },
  {
    says: 'no endpoint is ready in one slice, one is in another: the first is not asked for those that terminate',
    source: 'EndpointSlices, Conditions',
    objects: [
      service('pods'),
      slice('pods', [['one', drained]], {}, 'pods-1'),
      slice('pods', ['two'], {}, 'pods-2'),
      web,
    ],
    asks: { [FOO]: 'two' },
  },
  {
    says: 'slices are found by their label kubernetes.io/service-name, whatever they are called',
    source: 'EndpointSlices, Ownership',
    objects: [
      service('pods'),
      slice('pods', ['one'], {}, 'anything'),
      service('other'),
      slice('other', ['two'], {}, 'pods'),
      web,
    ],
    asks: { [FOO]: 'one' },
  },
  {
    says: 'a slice without that label belongs to no Service',
    source: 'EndpointSlices, Ownership',
    places: ['fake', 'cluster'],
    objects: [...served('pods', 'one'), withMeta(slice('pods', ['two'], {}, 'pods-2'), { labels: {} }), web],
    asks: { [FOO]: 'one' },
  },
  {
    says: 'other entities than the control plane may manage slices',
    source: 'EndpointSlices, Management',
    objects: [
      service('pods'),
      withMeta(slice('pods', ['one']), {
        labels: {
          'kubernetes.io/service-name': 'pods',
          'endpointslice.kubernetes.io/managed-by': 'cluster-admins',
        },
      }),
      web,
    ],
    asks: { [FOO]: 'one' },
  },
  {
    says: 'a Service that is available via IPv4 and IPv6 has a slice for each',
    source: 'EndpointSlices, Address types',
    objects: [
      service('pods'),
      slice('pods', ['one'], {}, 'pods-1'),
      slice('pods', ['six'], { addressType: 'IPv6' }, 'pods-2'),
      web,
    ],
    asks: { [FOO]: ['one', 'six'] },
  },
  {
    says: 'no semantics are defined for FQDN: its author is told, the other slices serve',
    source: 'discovery/v1, EndpointSlice.addressType',
    objects: [
      ...served('pods', 'one'),
      slice('pods', [{ addresses: ['two.example.com'] }], { addressType: 'FQDN' }, 'pods-2'),
      web,
    ],
    asks: { [FOO]: 'one' },
    refused: ['EndpointSlice pods-2 addressType EndpointInvalid'],
  },
  {
    says: 'the name of a Service port must match the name of the slice’s port',
    source: 'core/v1, ServicePort.name',
    objects: [
      service('pods', { ports: [{ name: 'http', port: 80, targetPort: 8080 }] }),
      slice('pods', ['two'], { ports: [{ name: 'https', port: '<main>', protocol: 'TCP' }] }, 'pods-1'),
      slice('pods', ['one'], { ports: [{ name: 'http', port: '<main>', protocol: 'TCP' }] }, 'pods-2'),
      web,
    ],
    asks: { [FOO]: 'one' },
  },
  {
    says: 'slices used for other purposes may have an empty ports list, or a port without a number',
    source: 'discovery/v1, EndpointPort.port',
    objects: [
      ...served('pods', 'one'),
      slice('pods', ['two'], { ports: [] }, 'pods-2'),
      slice('pods', ['two'], { ports: [{ name: '', protocol: 'TCP' }] }, 'pods-3'),
      web,
    ],
    asks: { [FOO]: 'one' },
  },
  {
    says: 'topology information: nodeName, zone and hints do not keep an endpoint from being used',
    source: 'EndpointSlices, Topology information',
    objects: [
      ...served('pods', {
        addresses: ['<one>'],
        conditions: { ready: true },
        nodeName: 'node-1',
        zone: 'us-west2-a',
        hints: { forZones: [{ name: 'us-east1-b' }] },
        hostname: 'pod-1',
        targetRef: { kind: 'Pod', name: 'pod-1' },
      }),
      web,
    ],
    asks: { [FOO]: 'one' },
  },
];

const none: readonly Case[] = [
  {
    says: 'a Service whose slice is empty: 503, and as soon as there is an endpoint it is served',
    source: 'discovery/v1, EndpointSlice.endpoints',
    objects: [...served('pods'), web],
    asks: { [FOO]: 503 },
    steps: [
      { does: 'scaled up', objects: [slice('pods', ['one'])], asks: { [FOO]: 'one' } },
      { does: 'scaled to nothing', objects: [slice('pods', [])], asks: { [FOO]: 503 } },
      { does: 'scaled up again', objects: [slice('pods', ['two'])], asks: { [FOO]: 'two' } },
    ],
  },
  {
    says: 'a Service without any slice: 503',
    source: 'discovery/v1, EndpointSlice',
    places: ['fake', 'cluster'],
    objects: [service('pods'), web],
    asks: { [FOO]: 503 },
    steps: [{ does: 'its slice comes', objects: [slice('pods', ['one'])], asks: { [FOO]: 'one' } }],
  },
];

export const endpointCases: readonly Case[] = [...conditions, rolling, ...slices, ...none];

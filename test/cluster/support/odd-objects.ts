import type { Dice } from '../../../src/base/dice.ts';
import { woundedValue } from '../../fuzz/wound-value.ts';
import type { KubeObject } from '../../ingress/case.ts';
import { ingress, ingressClass, rule, secret, service, slice, to, withMeta } from '../../ingress/objects.ts';
import { certificatePem, keyPem } from '../../ingress/test-certificate.ts';
import { oneOf } from '../../unit/data/http1/head-corpus.ts';

/** Objects that nobody would write and an API server may well take. What of them is refused, and by whom, is for tests to say. */

const label = (length: number): string => 'a'.repeat(length);
const longestName = [63, 63, 63, 61].map(label).join('.');
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** What may stand in a field of this name: odd, mostly allowed. */
const oddFields: Readonly<Record<string, readonly unknown[]>> = {
  host: [
    ...[
      '',
      'localhost',
      '*.localhost',
      '*.com',
      'constructor',
      '0',
      '1',
      '1.2.3',
      '1.2.3.4.5',
      '*.1.2.3.4',
      'a--b.test',
    ],
    ...[
      '256.256.256.256',
      '01.02.03.04',
      '1.2.3.4',
      '0x7f.0.0.1',
      'xn--p1ai',
      `${label(63)}.test`,
      longestName,
      '*.foo.com',
    ],
    ...[
      'foo.bar.com',
      'Foo.bar.com',
      'foo.bar.com.',
      'a_b.test',
      'foo.bar.com:80',
      '[::1]',
      `${label(64)}.test`,
      'é.test',
    ],
  ],
  path: [
    ...[
      '',
      '/',
      '//',
      '/é',
      '/\u202e',
      '/%41',
      '/%zz',
      '/%',
      '/a b',
      '/{x}',
      '/(.*)',
      '/^[a-z]+$',
      '/a;b=c',
      '/a?b',
      '/a#b',
    ],
    ...[
      '/\\',
      '/\u0000',
      '/\ud800',
      '/..;/',
      '/..;x',
      '/%2e%2e/',
      '/%2E',
      '/.a',
      '/...',
      '/a/.../b',
      '/%00',
      '/%c0%af',
      '/%5C',
    ],
    ...[
      '/constructor',
      '/a/./b',
      '/a/..',
      '/a%2Fb',
      '/a'.repeat(1000),
      `/${'x'.repeat(60_000)}`,
      'a',
      '*',
      '/*',
      '/a//',
      "/'",
    ],
  ],
  pathType: ['Exact', 'Prefix', 'ImplementationSpecific', 'prefix', ''],
  number: [0, 1, 80, 8080, 65_535, 65_536, -1],
  port: [1, 80, 8080, 65_535, 65_536, 0],
  targetPort: ['http', label(15), label(16), '8080', 'a--b', 1, 65_535, 0],
  protocol: ['TCP', 'UDP', 'SCTP', 'tcp', ''],
  appProtocol: [
    'http',
    'https',
    'kubernetes.io/h2c',
    'kubernetes.io/ws',
    'grpc',
    'a.test/b',
    'constructor',
    '',
    'a/b/c',
  ],
  type: ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName', 'kubernetes.io/tls', 'Opaque', ''],
  clusterIP: ['None', '', '10.96.77.77'],
  externalName: [
    ...['localhost', 'a.localhost', 'localhost.', 'metadata.google.internal', '169.254.169.254', '127.1', '0x7f000001'],
    ...['2130706433', '127.0.0.1.nip.io', 'api.foo.bar.example.', 'API.test', `${label(63)}.b`, longestName, '.', ''],
  ],
  addresses: [
    ...[['10.244.0.10'], ['255.255.255.255'], ['0.0.0.1'], ['010.244.000.010'], ['224.1.1.1'], ['169.254.169.254'], []],
    ...[
      ['10.96.0.1'],
      ['127.0.0.1'],
      ['::1'],
      ['fd00::1'],
      ['FD00:0:0::1'],
      ['::ffff:10.0.0.1'],
      ['64:ff9b::1'],
      ['fd00::1%lo'],
    ],
    ...[['web.example.com'], Array.from({ length: 100 }, (_, i) => `10.244.9.${i}`)],
  ],
  addressType: ['IPv4', 'IPv6', 'FQDN', 'ipv4'],
  ready: [true, false, null],
  serving: [true, false, null],
  terminating: [true, false, null],
  ingressClassName: ['komainu', 'nowhere', '', longestName, null],
  controller: ['komainu.dev/ingress-controller', 'komainu.dev/ingress-controller/x', 'komainu.dev', 'a/b', ''],
  secretName: ['', 'nowhere', longestName, 'No'],
  hosts: [[], ['*.foo.com'], ['foo.bar.com'], [''], Array.from({ length: 500 }, (_, i) => `h${i}.test`)],
  resource: [
    { kind: 'Pod', name: 'x' },
    { apiGroup: 'a.test', kind: 'Bucket', name: 'x/y' },
  ],
  annotations: [
    ...['', '0', '1', '1001', '١', 'round-robin', 'cookie', 'hash header X', 'v1', 'v3', 'pass', '\u0000'].flatMap(
      (value) => [
        { 'komainu.dev/load-balancing': value, 'komainu.dev/weight': value },
        { 'komainu.dev/proxy-protocol': value, 'komainu.dev/request-trailers': value },
      ],
    ),
    ...['true', 'komainu', 'nginx', ''].map((value) => ({ 'kubernetes.io/ingress.class': value })),
    { 'komainu.dev/endpoints': '169.254.169.254:80' },
    { constructor: '{}', 'example.com/large': 'x'.repeat(200_000) },
  ],
  labels: [
    {},
    { 'kubernetes.io/service-name': 'constructor' },
    { 'kubernetes.io/service-name': '' },
    { constructor: 'x' },
  ],
};

const bases: readonly KubeObject[] = [
  ingress('web', [rule('foo.bar.com', 'Prefix /foo one', 'Exact /foo two:http', 'ImplementationSpecific /bar one')], {
    defaultBackend: to('two'),
    tls: [{ hosts: ['foo.bar.com'], secretName: 'tls' }],
  }),
  ingress('web', [rule('*.foo.com', 'Prefix / one'), rule('', 'Exact /x two'), rule('only.test')]),
  ingress('rest', [], { defaultBackend: to('one') }),
  service('one', { selector: { app: 'one' }, publishNotReadyAddresses: true }),
  service('two', {
    type: 'NodePort',
    ports: [
      { name: 'http', port: 80, targetPort: 'http', appProtocol: 'http', protocol: 'TCP' },
      { name: 'dns', port: 53, targetPort: 53, protocol: 'UDP' },
    ],
  }),
  service('bare', { clusterIP: 'None' }),
  service('away', { type: 'ExternalName', externalName: 'api.foo.bar.example' }),
  slice('one', [['pod', { ready: true, serving: true, terminating: false }], 'pod']),
  slice('two', [['pod', { ready: false, serving: true, terminating: true }]], {
    ports: [
      { name: 'http', port: 8080, protocol: 'TCP', appProtocol: 'http' },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ],
  }),
  slice('six', [{ addresses: ['fd00:10:244::1'], nodeName: 'n', zone: 'z' }], { addressType: 'IPv6' }),
  slice('named', [{ addresses: ['web.example.com'] }], { addressType: 'FQDN' }),
  withMeta(ingressClass('odd', { parameters: { scope: 'Cluster', kind: 'Config', name: 'x' } }), { labels: {} }),
  secret('tls', { 'tls.crt': base64(certificatePem), 'tls.key': base64(keyPem) }, 'kubernetes.io/tls'),
].map((object) => JSON.parse(JSON.stringify(object).replaceAll('"<main>"', '8080').replaceAll('<pod>', '10.244.0.10')));

/** One of every kind that we read, with one to three odd parts; sometimes with a part that is broken. */
export function oddObject(dice: Dice, name: string, namespace: string): KubeObject {
  const base = oneOf(dice, bases);
  const {
    apiVersion,
    kind,
    metadata: { name: _, ...meta },
    ...rest
  } = structuredClone(base);
  const whole: Parts = { meta, rest };
  if (kind !== 'Secret') whole.meta.annotations ??= {};
  for (let count = 1 + dice.below(3); count > 0; count--) makeOdd(dice, whole);
  const parts = dice.below(4) === 0 ? wounded(dice, whole) : whole;
  const place = kind === 'IngressClass' ? {} : { namespace };
  return { ...parts.rest, apiVersion, kind, metadata: { ...parts.meta, name: oddName(dice, name, kind), ...place } };
}

interface Parts {
  meta: Record<string, unknown>;
  rest: Record<string, unknown>;
}

function wounded(dice: Dice, parts: Parts): Parts {
  const found = woundedValue(dice, parts, parts) as Partial<Parts> | null;
  const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  return { meta: isObject(found?.meta) ? found.meta : {}, rest: isObject(found?.rest) ? found.rest : {} };
}

/** An odd value for a field that has one, or a list that is many times as long. */
function makeOdd(dice: Dice, parts: Parts): void {
  const places = placesOf(parts);
  const { at, key } = oneOf(dice, places);
  const value = at[key];
  const isLong = Array.isArray(value) && value.length > 0 && dice.below(4) === 0 && sizeOf(value[0]) < 1_000;
  if (isLong) at[key] = Array.from({ length: oneOf(dice, [0, 2, 100, 1000]) }, (_, index) => numbered(value[0], index));
  else at[key] = structuredClone(oneOf(dice, Object.hasOwn(oddFields, key) ? oddFields[key] : [value]));
}

const sizeOf = (value: unknown): number => JSON.stringify(value).length;

type Place = { readonly at: Record<string, unknown>; readonly key: string };

/** Fields that have odd values, and lists. */
function placesOf(value: unknown, places: Place[] = []): Place[] {
  if (Array.isArray(value)) for (const item of value) placesOf(item, places);
  else if (typeof value === 'object' && value !== null) {
    const at = value as Record<string, unknown>;
    for (const [key, inner] of Object.entries(at)) {
      if (Object.hasOwn(oddFields, key) || Array.isArray(inner)) places.push({ at, key });
      placesOf(inner, places);
    }
  }
  return places;
}

/** The same again, with another path and another name where it has one. */
function numbered(item: unknown, index: number): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
  const { path, name, port } = item as { path?: unknown; name?: unknown; port?: unknown };
  return {
    ...item,
    ...(typeof path === 'string' && { path: `${path}/${index}` }),
    ...(typeof name === 'string' && { name: `p${index}` }),
    ...(typeof port === 'number' && { port: 1 + index }),
  };
}

function oddName(dice: Dice, name: string, kind: string): string {
  const most = kind === 'Service' ? 63 : 253;
  return oneOf(dice, [name, name, name, `${name}-`.padEnd(most, 'x')]);
}

import type { Asks, Case } from '../case.ts';
import { ingress, rule, secret, served, service, slice, to } from '../objects.ts';
import { podNames } from '../pods.ts';
import { certificatePem, keyPem } from '../test-certificate.ts';

/** kubernetes-sigs/ingress-controller-conformance, `features/*.feature`: their Ingresses, with our two Services. */

const pathRules = ingress('path-rules', [
  rule('exact-path-rules', 'Exact /foo one'),
  rule('prefix-path-rules', 'Prefix /foo one', 'Prefix /aaa/bbb two', 'Prefix /aaa one'),
  rule('mixed-path-rules', 'Prefix /foo one', 'Exact /foo two'),
  rule('trailing-slash-path-rules', 'Prefix /aaa/bbb/ one', 'Exact /foo/ two'),
]);

const pathRule = (says: string, asks: Asks): Case => ({
  says,
  source: 'conformance, path_rules.feature',
  objects: [pathRules],
  asks,
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const hostRules = [
  secret('conformance-tls', { 'tls.crt': base64(certificatePem), 'tls.key': base64(keyPem) }, 'kubernetes.io/tls'),
  service('foo-bar-com', { ports: [{ name: 'http', port: 8080, targetPort: 3000 }] }),
  slice('foo-bar-com', ['two'], { ports: [{ name: 'http', port: '<main>', protocol: 'TCP' }] }),
  ingress('host-rules', [rule('*.foo.com', 'Prefix / one'), rule('foo.bar.com', 'Prefix / foo-bar-com:http')], {
    tls: [{ hosts: ['foo.bar.com'], secretName: 'conformance-tls' }],
  }),
];

const hostRule = (says: string, asks: Asks): Case => ({
  says,
  source: 'conformance, host_rules.feature',
  objects: hostRules,
  asks,
});

const tenPods = podNames.filter((name) => name.startsWith('pod-'));

export const conformanceCases: readonly Case[] = [
  pathRule('exact /foo matches request /foo', { 'exact-path-rules/foo': 'one' }),
  pathRule('exact /foo does not match request /foo/', { 'exact-path-rules/foo/': 404 }),
  pathRule('exact /foo does not match request /FOO', { 'exact-path-rules/FOO': 404 }),
  pathRule('exact /foo does not match request /bar', { 'exact-path-rules/bar': 404 }),
  pathRule('prefix /foo matches request /foo', { 'prefix-path-rules/foo': 'one' }),
  pathRule('prefix /foo matches request /foo/', { 'prefix-path-rules/foo/': 'one' }),
  pathRule('prefix /foo does not match request /FOO', { 'prefix-path-rules/FOO': 404 }),
  pathRule('prefix /aaa/bbb matches request /aaa/bbb', { 'prefix-path-rules/aaa/bbb': 'two' }),
  pathRule('prefix /aaa/bbb matches request /aaa/bbb/ccc', { 'prefix-path-rules/aaa/bbb/ccc': 'two' }),
  pathRule('prefix /aaa matches request /aaa/ccc', { 'prefix-path-rules/aaa/ccc': 'one' }),
  pathRule('prefix /aaa does not match request /aaaccc', { 'prefix-path-rules/aaaccc': 404 }),
  pathRule('exact is preferred: exact /foo matches request /foo', { 'mixed-path-rules/foo': 'two' }),
  pathRule('prefix /aaa/bbb/ matches request /aaa/bbb', { 'trailing-slash-path-rules/aaa/bbb': 'one' }),
  pathRule('prefix /aaa/bbb/ matches request /aaa/bbb/', { 'trailing-slash-path-rules/aaa/bbb/': 'one' }),
  pathRule('exact /foo/ does not match request /foo', { 'trailing-slash-path-rules/foo': 404 }),
  hostRule('host foo.bar.com matches request foo.bar.com', { 'foo.bar.com/': 'two' }),
  hostRule('host foo.bar.com does not match request subdomain.bar.com', { 'subdomain.bar.com/': 404 }),
  hostRule('matches based on shared suffix', { 'bar.foo.com/': 'one' }),
  hostRule('wildcard only covers a single DNS label: not two', { 'baz.bar.foo.com/': 404 }),
  hostRule('wildcard only covers a single DNS label: not none', { 'foo.com/': 404 }),
  {
    says: 'an Ingress with no rules should send all requests to the default backend',
    source: 'conformance, default_backend.feature',
    objects: [ingress('default-backend', [], { defaultBackend: to('one') })],
    asks: {
      'my-host/': 'one',
      'my-host/sub-path': 'one',
      'POST some-host/': 'one',
      'PUT /resource': 'one',
      'DELETE some-host/resource': 'one',
      'PATCH my-host/resource': 'one',
    },
  },
  {
    says: 'an Ingress exposing a backend service with multiple replicas should use all the pods available',
    source: 'conformance, load_balancing.feature',
    objects: [
      ...served('echo-service', ...tenPods),
      ingress('load-balancing', [], { defaultBackend: to('echo-service') }),
    ],
    asks: { 'load-balancing/': tenPods },
  },
];

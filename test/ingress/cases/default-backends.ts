import type { Asks, Case } from '../case.ts';
import { elsewhere, ingress, rule, served, to } from '../objects.ts';

const everything: Asks = {
  'foo.bar.com/': 'two',
  'any.test/a/b?c': 'two',
  'POST any.test:8080/x': 'two',
  'DELETE 192.0.2.1/x': 'two',
  '/': 'two',
};

const resource = { resource: { apiGroup: 'k8s.example.com', kind: 'StorageBucket', name: 'static-assets' } };

export const defaultBackendCases: readonly Case[] = [
  {
    says: 'an Ingress with no rules sends all traffic to a single default backend',
    source: 'Ingress, DefaultBackend',
    objects: [ingress('rest', [], { defaultBackend: to('two') })],
    asks: everything,
  },
  {
    says: 'you can expose a single Service by specifying a default backend with no rules, its port by name too',
    source: 'Ingress, Ingress backed by a single Service',
    objects: [
      ...served('test', 'two').map((object) =>
        object.kind === 'Service'
          ? { ...object, spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] } }
          : { ...object, ports: [{ name: 'http', port: '<main>', protocol: 'TCP' }] },
      ),
      ingress('test-ingress', [], { defaultBackend: to('test:http') }),
    ],
    asks: everything,
  },
  {
    says: 'if none of the hosts or paths match in the Ingress objects, the traffic is routed to the default backend',
    source: 'Ingress, DefaultBackend',
    objects: [
      ingress('web', [rule('foo.bar.com', 'Prefix /foo one'), rule('*.foo.com', 'Exact /foo one')]),
      ingress('rest', [], { defaultBackend: to('two') }),
    ],
    asks: {
      'foo.bar.com/foo': 'one',
      'foo.bar.com/bar': 'two',
      'a.foo.com/foo': 'one',
      'a.foo.com/foo/': 'two',
      'other.test/foo': 'two',
      '/foo': 'two',
    },
  },
  {
    says: 'if it is not set, requests that match no rule are up to the controller: 404',
    source: 'Ingress, DefaultBackend',
    objects: [ingress('web', [rule('foo.bar.com', 'Prefix /foo one')])],
    asks: { 'foo.bar.com/bar': 404, 'other.test/foo': 404, '/foo': 404 },
  },
  {
    says: 'it should handle requests that do not match any rule: those of its hosts (nobody else’s)',
    source: 'networking/v1, IngressSpec.defaultBackend',
    objects: [
      ingress('web', [rule('foo.bar.com', 'Prefix /foo one'), rule('*.foo.com', 'Prefix /foo one')], {
        defaultBackend: to('two'),
      }),
      ingress('other', [rule('other.test', 'Prefix /foo one')]),
    ],
    asks: {
      'foo.bar.com/foo': 'one',
      'foo.bar.com/': 'two',
      'a.foo.com/bar': 'two',
      'other.test/': 404,
      'unknown.test/': 404,
    },
  },
  {
    says: 'with a rule for no host among its rules it takes what nobody else takes',
    source: 'networking/v1, IngressSpec.defaultBackend',
    objects: [ingress('web', [rule('', 'Prefix /foo one')], { defaultBackend: to('two') })],
    asks: { 'foo.bar.com/foo': 'one', 'foo.bar.com/': 'two', '/bar': 'two' },
  },
  {
    says: 'a rule without http: whether its host or all traffic goes to the default backend is left to us: its host',
    source: 'networking/v1, IngressRule.http',
    objects: [ingress('web', [rule('foo.bar.com')], { defaultBackend: to('two') })],
    asks: { 'foo.bar.com/': 'two', 'foo.bar.com/x': 'two', 'other.test/': 404 },
  },
  {
    says: 'a rule without http and without a default backend routes nothing, and its author is told',
    source: 'networking/v1, IngressRule.http',
    objects: [ingress('web', [rule('foo.bar.com'), rule('bar.foo.com', 'Prefix / one')])],
    asks: { 'foo.bar.com/': 404, 'bar.foo.com/': 'one' },
    refused: ['Ingress web spec.rules[0] ObjectInvalid'],
  },
  {
    says: 'the default backend of a host comes before that of everybody',
    source: 'ours',
    objects: [
      ingress('rest', [], { defaultBackend: to('one') }),
      ingress('web', [rule('foo.bar.com', 'Prefix /foo one')], { defaultBackend: to('two') }),
    ],
    asks: { 'foo.bar.com/': 'two', 'other.test/': 'one' },
  },
  {
    says: 'a wildcard’s path comes before the default backend of everybody, and after that of the precise host',
    source: 'ours',
    objects: [
      ingress('rest', [], { defaultBackend: to('one') }),
      ingress('wild', [rule('*.foo.com', 'Prefix / two')]),
      ingress('precise', [rule('bar.foo.com', 'Prefix /bar two')], { defaultBackend: to('one') }),
    ],
    asks: { 'x.foo.com/': 'two', 'bar.foo.com/bar': 'two', 'bar.foo.com/x': 'one', 'foo.com/': 'one' },
  },
  {
    says: 'of two that want everything the older one has it, else the first by namespace and name',
    source: 'ours',
    objects: [
      ingress('rest-1', [], { defaultBackend: to('one') }),
      ingress('rest-2', [], { defaultBackend: to('two') }),
    ],
    asks: { 'any.test/': 'one' },
    refused: ['Ingress rest-2 spec.defaultBackend PathConflict'],
    steps: [
      { does: 'the other has it when the first goes', removes: ['Ingress rest-1'], asks: { 'any.test/': 'two' } },
    ],
  },
  {
    says: 'a Resource backend is an ObjectRef to another resource, which we do not serve: its author is told, the rest is served',
    source: 'Ingress, Resource backends',
    objects: [
      ingress('resources', [
        {
          host: 'foo.bar.com',
          http: {
            paths: [
              { path: '/icons', pathType: 'ImplementationSpecific', backend: resource },
              { path: '/web', pathType: 'Prefix', backend: to('one') },
            ],
          },
        },
      ]),
    ],
    asks: { 'foo.bar.com/icons': 404, 'foo.bar.com/web': 'one' },
    refused: ['Ingress resources spec.rules[0].http.paths[0].backend.resource ObjectInvalid'],
  },
  {
    says: 'a Resource as the default backend: the author is told, the rules are served',
    source: 'Ingress, Resource backends',
    objects: [ingress('resources', [rule('foo.bar.com', 'Prefix /web one')], { defaultBackend: resource })],
    asks: { 'foo.bar.com/web': 'one', 'foo.bar.com/': 404 },
    refused: ['Ingress resources spec.defaultBackend.resource ObjectInvalid'],
  },
  {
    says: 'the default backend is conventionally a configuration option of the controller',
    source: 'Ingress, DefaultBackend',
    flags: ['--default-backend', 'fixed-rest/rest:80'],
    objects: [
      ...served('rest', 'two').map((object) => elsewhere(object, 'fixed-rest')),
      ingress('web', [rule('foo.bar.com', 'Prefix /foo one')]),
    ],
    asks: { ...everything, 'foo.bar.com/foo': 'one' },
    steps: [
      {
        does: 'that of an Ingress comes before it',
        objects: [ingress('rest', [], { defaultBackend: to('one') })],
        asks: { 'foo.bar.com/': 'one', 'any.test/': 'one', '/': 'one' },
      },
      { does: 'and leaves it its place again', removes: ['Ingress rest'], asks: everything },
    ],
  },
];

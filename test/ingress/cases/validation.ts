import type { Case } from '../case.ts';
import { classless, ingress, ingressClass, rule, service, slice, to } from '../objects.ts';

/** What the documentation does not allow: the API server takes none of it, and a folder is as strict. */

const host = (says: string, written: string): Case => ({
  says,
  source: 'networking/v1, IngressRule.host',
  objects: [ingress('web', [rule(written, 'Prefix / one')])],
  invalid: 'spec.rules[0].host',
});

/** The second path is in order. */
const path = (says: string, source: string, written: object, field: string): Case => ({
  says,
  source,
  objects: [
    ingress('web', [
      {
        host: 'foo.bar.com',
        http: {
          paths: [
            { backend: to('one'), ...written },
            { path: '/good', pathType: 'Exact', backend: to('two') },
          ],
        },
      },
    ]),
  ],
  asks: { 'foo.bar.com/good': 'two', 'foo.bar.com/': 404 },
  invalid: `spec.rules[0].http.paths[0].${field}`,
});

const neverMatched = (written: string): Case =>
  path(
    `a path must not contain what requests never have: ${written}`,
    'networking/v1, HTTPIngressPath.path',
    { path: written, pathType: 'Prefix' },
    'path',
  );

const backend = (says: string, source: string, written: object, field: string): Case =>
  path(says, source, { path: '/x', pathType: 'Prefix', backend: written }, field);

export const validationCases: readonly Case[] = [
  host('IPs are not allowed', '192.0.2.1'),
  host('the : delimiter is not respected because ports are not allowed', 'foo.bar.com:80'),
  host('a host is without the terminating dot', 'foo.bar.com.'),
  host('a host is in lower case', 'Foo.bar.com'),
  host('you cannot have a wildcard label by itself', '*'),
  host('the wildcard must appear by itself as a label', '*foo.bar.com'),
  host('the wildcard must appear as the first label', 'foo.*.com'),
  host('the wildcard may appear once', '*.*.com'),
  path(
    'paths that do not include an explicit pathType will fail validation',
    'Ingress, Path types',
    { path: '/x' },
    'pathType',
  ),
  path('there are three supported path types', 'Ingress, Path types', { path: '/x', pathType: 'Regex' }, 'pathType'),
  path('paths must begin with a /', 'networking/v1, HTTPIngressPath.path', { path: 'x', pathType: 'Prefix' }, 'path'),
  path(
    'paths of ImplementationSpecific must begin with a / too',
    'networking/v1, HTTPIngressPath.path',
    { path: 'x', pathType: 'ImplementationSpecific' },
    'path',
  ),
  path('a path must be present with Exact', 'networking/v1, HTTPIngressPath.path', { pathType: 'Exact' }, 'path'),
  path('a path must be present with Prefix', 'networking/v1, HTTPIngressPath.path', { pathType: 'Prefix' }, 'path'),
  ...['/a//b', '/a/./b', '/a/../b', '/a%2fb', '/a%2Fb', '/a/..', '/a/.'].map(neverMatched),
  {
    says: 'http has at least one path',
    source: 'networking/v1, HTTPIngressRuleValue.paths',
    objects: [ingress('web', [{ host: 'foo.bar.com', http: { paths: [] } }])],
    invalid: 'spec.rules[0].http.paths',
  },
  backend(
    'a port name or port number is required',
    'networking/v1, IngressServiceBackend.port',
    { service: { name: 'one', port: {} } },
    'backend',
  ),
  backend(
    'name and number are mutually exclusive',
    'networking/v1, ServiceBackendPort',
    { service: { name: 'one', port: { name: 'http', number: 80 } } },
    'backend',
  ),
  backend(
    'a port number is one from 1 to 65535',
    'networking/v1, ServiceBackendPort.number',
    { service: { name: 'one', port: { number: 65_536 } } },
    'backend.service.port.number',
  ),
  backend(
    'a port name is an IANA service name',
    'networking/v1, ServiceBackendPort.name',
    { service: { name: 'one', port: { name: 'HTTP' } } },
    'backend.service.port.name',
  ),
  backend(
    'Resource is mutually exclusive with Service, and will fail validation if both are specified',
    'Ingress, Resource backends',
    { ...to('one'), resource: { apiGroup: 'k8s.example.com', kind: 'StorageBucket', name: 'icons' } },
    'backend',
  ),
  backend('a backend has a Service or a Resource', 'networking/v1, IngressBackend', {}, 'backend'),
  {
    says: 'if no rules are specified, defaultBackend must be specified',
    source: 'Ingress, DefaultBackend',
    objects: [ingress('web', [])],
    invalid: 'spec',
  },
  {
    says: 'the annotation and the field must match when both are specified',
    source: 'Ingress, Deprecated annotation',
    places: ['cluster'],
    objects: [
      {
        ...classless('web', [], { 'kubernetes.io/ingress.class': 'nginx' }),
        spec: { ingressClassName: 'komainu', defaultBackend: to('one') },
      },
    ],
    invalid: 'annotations.kubernetes.io/ingress.class',
  },
  {
    says: 'the hosts of tls are names',
    source: 'networking/v1, IngressTLS.hosts',
    places: ['cluster'],
    objects: [ingress('web', [rule('foo.bar.com', 'Prefix / one')], { tls: [{ hosts: ['foo.bar.com:443'] }] })],
    invalid: 'spec.tls[0].hosts[0]',
  },
  {
    says: 'a class names its controller',
    source: 'networking/v1, IngressClassSpec.controller',
    objects: [ingressClass('external-lb', { controller: '' })],
    invalid: 'spec.controller',
  },
  {
    says: 'when using multiple ports for a Service, you must give all of your ports names',
    source: 'Service, Multi-port Services',
    places: ['cluster'],
    objects: [service('multi', { ports: [{ port: 80 }, { port: 443 }] })],
    invalid: 'spec.ports[0].name',
  },
  {
    says: 'the endpoint IPs must not be loopback',
    source: 'Service, Custom EndpointSlices',
    places: ['cluster'],
    objects: [slice('one', [{ addresses: ['127.0.0.1'] }], {}, 'one-2')],
    invalid: 'endpoints[0].addresses[0]',
  },
  {
    says: 'the endpoint IPs must not be link-local',
    source: 'Service, Custom EndpointSlices',
    places: ['cluster'],
    objects: [slice('one', [{ addresses: ['169.254.169.254'] }], {}, 'one-2')],
    invalid: 'endpoints[0].addresses[0]',
  },
];

import type { Case } from '../case.ts';
import { elsewhere, ingress, rule, served } from '../objects.ts';

const foo = rule('foo.bar.com', 'Prefix /foo one');

export const updateCases: readonly Case[] = [
  {
    says: 'to add a new host, you can update the Ingress by editing the resource',
    source: 'Ingress, Updating an Ingress',
    objects: [ingress('test', [foo])],
    asks: { 'foo.bar.com/foo': 'one', 'bar.baz.com/foo': 404 },
    steps: [
      {
        does: 'bar.baz.com is added',
        objects: [ingress('test', [foo, rule('bar.baz.com', 'Prefix /foo two')])],
        asks: { 'foo.bar.com/foo': 'one', 'bar.baz.com/foo': 'two' },
      },
      {
        does: 'foo.bar.com is taken out',
        objects: [ingress('test', [rule('bar.baz.com', 'Prefix /foo two')])],
        asks: { 'foo.bar.com/foo': 404, 'bar.baz.com/foo': 'two' },
      },
      { does: 'the Ingress is deleted', removes: ['Ingress test'], asks: { 'bar.baz.com/foo': 404 } },
      { does: 'and made again', objects: [ingress('test', [foo])], asks: { 'foo.bar.com/foo': 'one' } },
    ],
  },
  {
    says: 'the controller reconfigures the load balancer: path, type and backend may change',
    source: 'Ingress, Updating an Ingress',
    objects: [ingress('test', [foo])],
    asks: { 'foo.bar.com/foo': 'one' },
    steps: [
      {
        does: 'another Service',
        objects: [ingress('test', [rule('foo.bar.com', 'Prefix /foo two')])],
        asks: { 'foo.bar.com/foo': 'two', 'foo.bar.com/foo/x': 'two' },
      },
      {
        does: 'another type',
        objects: [ingress('test', [rule('foo.bar.com', 'Exact /foo two')])],
        asks: { 'foo.bar.com/foo': 'two', 'foo.bar.com/foo/x': 404 },
      },
      {
        does: 'another path',
        objects: [ingress('test', [rule('foo.bar.com', 'Exact /bar two')])],
        asks: { 'foo.bar.com/foo': 404, 'foo.bar.com/bar': 'two' },
      },
      {
        does: 'another host',
        objects: [ingress('test', [rule('*.bar.com', 'Exact /bar two')])],
        asks: { 'foo.bar.com/bar': 'two', 'any.bar.com/bar': 'two', 'bar.com/bar': 404 },
      },
    ],
  },
  {
    says: 'what was refused is served when its author has mended it, and the refusal is gone',
    source: 'Ingress, Updating an Ingress',
    objects: [ingress('test', [rule('foo.bar.com', 'Prefix /foo one:8080')])],
    asks: { 'foo.bar.com/foo': 503 },
    refused: ['Ingress test spec.rules[0].http.paths[0].backend.service.port.number ServicePortMissing'],
    steps: [{ does: 'mended', objects: [ingress('test', [foo])], asks: { 'foo.bar.com/foo': 'one' } }],
  },
  {
    says: 'a path moves from one Ingress to another',
    source: 'Ingress, Updating an Ingress',
    objects: [ingress('test', [foo]), ingress('test-2', [rule('foo.bar.com', 'Prefix /bar two')])],
    asks: { 'foo.bar.com/foo': 'one', 'foo.bar.com/bar': 'two' },
    steps: [
      {
        does: 'moved',
        objects: [
          ingress('test', [rule('foo.bar.com', 'Prefix /baz one')]),
          ingress('test-2', [rule('foo.bar.com', 'Prefix /bar two', 'Prefix /foo two')]),
        ],
        asks: { 'foo.bar.com/foo': 'two', 'foo.bar.com/bar': 'two', 'foo.bar.com/baz': 'one' },
      },
    ],
  },
  {
    says: 'the same name in two namespaces: two Ingresses',
    source: 'Ingress, The Ingress resource',
    objects: [
      ingress('test', [foo]),
      elsewhere(ingress('test', [rule('foo.bar.com', 'Prefix /bar two')])),
      ...served('two', 'two').map((object) => elsewhere(object)),
    ],
    asks: { 'foo.bar.com/foo': 'one', 'foo.bar.com/bar': 'two' },
    steps: [
      {
        does: 'one of them goes',
        removes: ['Ingress test'],
        asks: { 'foo.bar.com/foo': 404, 'foo.bar.com/bar': 'two' },
      },
    ],
  },
];

import type { Asks, Case } from '../case.ts';
import { ingress, rule } from '../objects.ts';

const hosts = (says: string, source: string, rules: readonly object[], asks: Asks): Case => ({
  says,
  source,
  objects: [ingress('web', rules)],
  asks,
});

const wildcard = [rule('*.foo.com', 'Prefix / one')];
const TABLE = 'Ingress, Hostname wildcards';

export const hostCases: readonly Case[] = [
  hosts('*.foo.com and bar.foo.com: matches based on shared suffix', TABLE, wildcard, { 'bar.foo.com/': 'one' }),
  hosts('*.foo.com and baz.bar.foo.com: no match, wildcard only covers a single DNS label', TABLE, wildcard, {
    'baz.bar.foo.com/': 404,
  }),
  hosts('*.foo.com and foo.com: no match, wildcard only covers a single DNS label', TABLE, wildcard, {
    'foo.com/': 404,
  }),
  hosts(
    'precise matches require that the Host header matches the host field',
    TABLE,
    [rule('foo.bar.com', 'Prefix / one')],
    {
      'foo.bar.com/': 'one',
      'www.foo.bar.com/': 404,
      'bar.com/': 404,
      'foo.bar.co/': 404,
      'foo.bar.com.test/': 404,
    },
  ),
  hosts(
    'the example with a precise host and a wildcard',
    TABLE,
    [rule('foo.bar.com', 'Prefix /bar one'), rule('*.foo.com', 'Prefix /foo two')],
    { 'foo.bar.com/bar': 'one', 'foo.bar.com/foo': 404, 'x.foo.com/foo': 'two', 'x.foo.com/bar': 404 },
  ),
  hosts('a wildcard is no pattern for a part of a label', TABLE, wildcard, { 'barfoo.com/': 404, '.foo.com/': 400 }),
  hosts('a wildcard takes a label that looks like anything', TABLE, wildcard, {
    '1.foo.com/': 'one',
    'xn--p1ai.foo.com/': 'one',
  }),
  hosts(
    'several wildcards, each for its own suffix',
    TABLE,
    [rule('*.foo.com', 'Prefix / one'), rule('*.bar.foo.com', 'Prefix / two')],
    { 'a.foo.com/': 'one', 'a.bar.foo.com/': 'two', 'bar.foo.com/': 'one', 'a.b.bar.foo.com/': 404 },
  ),
  hosts(
    'a precise host comes before a wildcard; what it has no path for goes to the wildcard, then to no host',
    'ours',
    [rule('*.foo.com', 'Prefix / two'), rule('bar.foo.com', 'Prefix /bar one'), rule('', 'Prefix /all one')],
    {
      'bar.foo.com/bar': 'one',
      'bar.foo.com/x': 'two',
      'x.foo.com/bar': 'two',
      'foo.com/all': 'one',
      'foo.com/x': 404,
    },
  ),
  hosts(
    'hosts are compared without regard to case (RFC 9110, 4.2.3), a wildcard too',
    'networking/v1, IngressRule.host',
    [rule('foo.bar.com', 'Prefix / one'), rule('*.foo.com', 'Prefix / two')],
    { 'FOO.bar.Com/': 'one', 'BAR.FOO.COM/': 'two' },
  ),
  hosts(
    'a request may name a host with its terminating dot: it is the same host (RFC 3986, 3.2.2)',
    'ours',
    [rule('foo.bar.com', 'Prefix / one'), rule('*.foo.com', 'Prefix / two')],
    { 'foo.bar.com./': 'one', 'bar.foo.com.:80/': 'two', 'foo.com./': 404 },
  ),
  hosts(
    'the port of a request is no part of its host: it is implicit in an Ingress',
    'networking/v1, IngressRule.host',
    [rule('foo.bar.com', 'Prefix / one'), rule('*.foo.com', 'Prefix / two')],
    { 'foo.bar.com:80/': 'one', 'foo.bar.com:8443/': 'one', 'bar.foo.com:1/': 'two' },
  ),
  hosts(
    'incoming requests are matched against the host before the path',
    'networking/v1, IngressRule.host',
    [rule('foo.bar.com', 'Prefix / one'), rule('', 'Exact /very/long/path two')],
    { 'foo.bar.com/very/long/path': 'one', 'other.com/very/long/path': 'two' },
  ),
  hosts(
    'both the host and path must match the content of an incoming request',
    'Ingress, Ingress rules',
    [rule('foo.bar.com', 'Prefix /foo one')],
    { 'foo.bar.com/foo': 'one', 'foo.bar.com/bar': 404, 'bar.com/foo': 404 },
  ),
  hosts(
    'if a host is provided, the rules apply to that host',
    'Ingress, Ingress rules',
    [rule('foo.bar.com', 'Prefix / one'), rule('bar.foo.com', 'Prefix / two')],
    { 'foo.bar.com/': 'one', 'bar.foo.com/': 'two', 'foo.com/': 404 },
  ),
  hosts(
    'if no host is specified, the rule applies to all inbound HTTP traffic',
    'Ingress, Ingress rules',
    [rule('', 'Prefix /testpath one')],
    {
      'foo.bar.com/testpath': 'one',
      'a.b.c.d.test:8080/testpath/x': 'one',
      '192.0.2.1/testpath': 'one',
      '[2001:db8::1]:80/testpath': 'one',
      'foo.bar.com/': 404,
    },
  ),
  hosts(
    'any traffic without a host can be matched without a name based virtual host',
    'Ingress, Name based virtual hosting',
    [rule('', 'Prefix / one')],
    { '/': 'one', '/foo': 'one' },
  ),
  hosts(
    'routes requests based on the Host header',
    'Ingress, Name based virtual hosting',
    [rule('foo.bar.com', 'Prefix / one'), rule('bar.foo.com', 'Prefix / two')],
    { 'foo.bar.com/': 'one', 'bar.foo.com/': 'two', '/': 404 },
  ),
  hosts(
    'first.bar.com to service1, second.bar.com to service2, and any other traffic to service3',
    'Ingress, Name based virtual hosting',
    [rule('first.bar.com', 'Prefix / one'), rule('second.bar.com', 'Prefix / two'), rule('', 'Prefix / one')],
    { 'first.bar.com/': 'one', 'second.bar.com/': 'two', 'third.bar.com/': 'one', '/': 'one', '192.0.2.7/': 'one' },
  ),
  hosts(
    'a fanout routes from a single address to more than one Service by the URI',
    'Ingress, Simple fanout',
    [rule('foo.bar.com', 'Prefix /foo one', 'Prefix /bar two')],
    { 'foo.bar.com/foo': 'one', 'foo.bar.com/bar': 'two', 'foo.bar.com/': 404 },
  ),
];

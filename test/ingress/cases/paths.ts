import type { Case } from '../case.ts';
import { elsewhere, ingress, rule, served } from '../objects.ts';

/** Requests to foo.bar.com by path. */
const at = (paths: Readonly<Record<string, string | number>>): Readonly<Record<string, string | number>> =>
  Object.fromEntries(Object.entries(paths).map(([path, expected]) => [`foo.bar.com${path}`, expected]));

/** One Ingress with these paths of foo.bar.com. */
const paths = (
  says: string,
  source: string,
  lines: readonly string[],
  asks: Readonly<Record<string, string | number>>,
): Case => ({ says, source, objects: [ingress('web', [rule('foo.bar.com', ...lines)])], asks: at(asks) });

const row = (lines: readonly string[], asks: Readonly<Record<string, string | number>>, says: string): Case =>
  paths(`${lines.join(', ')}: ${says}`, 'Ingress, Examples', lines, asks);

/** Ingress, "Examples", row by row. */
const examples: readonly Case[] = [
  row(
    ['Prefix / one'],
    { '/': 'one', '/foo': 'one', '/foo/': 'one', '/a/b/c/d.html': 'one', '/%20': 'one' },
    'all paths',
  ),
  row(['Exact /foo one'], { '/foo': 'one' }, '/foo matches'),
  row(['Exact /foo one'], { '/bar': 404 }, '/bar does not match'),
  row(['Exact /foo one'], { '/foo/': 404 }, '/foo/ does not match'),
  row(['Exact /foo/ one'], { '/foo': 404, '/foo/': 'one' }, '/foo does not match'),
  row(['Prefix /foo one'], { '/foo': 'one', '/foo/': 'one' }, '/foo and /foo/ match'),
  row(['Prefix /foo/ one'], { '/foo': 'one', '/foo/': 'one' }, '/foo and /foo/ match'),
  row(['Prefix /aaa/bb one'], { '/aaa/bbb': 404 }, '/aaa/bbb does not match'),
  row(['Prefix /aaa/bbb one'], { '/aaa/bbb': 'one' }, '/aaa/bbb matches'),
  row(['Prefix /aaa/bbb/ one'], { '/aaa/bbb': 'one' }, '/aaa/bbb: Yes, ignores trailing slash'),
  row(['Prefix /aaa/bbb one'], { '/aaa/bbb/': 'one' }, '/aaa/bbb/: Yes, matches trailing slash'),
  row(['Prefix /aaa/bbb one'], { '/aaa/bbb/ccc': 'one' }, '/aaa/bbb/ccc: Yes, matches subpath'),
  row(['Prefix /aaa/bbb one'], { '/aaa/bbbxyz': 404 }, '/aaa/bbbxyz: No, does not match string prefix'),
  row(['Prefix / one', 'Prefix /aaa two'], { '/aaa/ccc': 'two' }, '/aaa/ccc matches /aaa prefix'),
  row(
    ['Prefix / one', 'Prefix /aaa one', 'Prefix /aaa/bbb two'],
    { '/aaa/bbb': 'two' },
    '/aaa/bbb matches /aaa/bbb prefix',
  ),
  row(['Prefix / two', 'Prefix /aaa one', 'Prefix /aaa/bbb one'], { '/ccc': 'two' }, '/ccc matches / prefix'),
  row(['Prefix /aaa one'], { '/ccc': 404 }, '/ccc does not match'),
  {
    says: 'Prefix /aaa: /ccc: No, uses default backend',
    source: 'Ingress, Examples',
    objects: [
      ingress('web', [rule('foo.bar.com', 'Prefix /aaa one')]),
      ingress('rest', [], { defaultBackend: { service: { name: 'two', port: { number: 80 } } } }),
    ],
    asks: at({ '/ccc': 'two', '/aaa': 'one' }),
  },
  row(['Prefix /foo one', 'Exact /foo two'], { '/foo': 'two', '/foo/': 'one' }, '/foo: Yes, prefers Exact'),
];

const pathTypes: readonly Case[] = [
  paths('Exact matches the URL path exactly', 'Ingress, Path types', ['Exact /foo/bar one'], {
    '/foo/bar': 'one',
    '/foo': 404,
    '/foo/bar/baz': 404,
    '/foo/ba': 404,
    '/foo/barr': 404,
  }),
  paths('Exact is matched with case sensitivity', 'Ingress, Path types', ['Exact /foo one'], {
    '/Foo': 404,
    '/FOO': 404,
  }),
  paths('Prefix is matched with case sensitivity', 'Ingress, Path types', ['Prefix /foo one'], {
    '/Foo': 404,
    '/FOO/bar': 404,
    '/foo/BAR': 'one',
  }),
  paths('Prefix is matched path element by path element', 'Ingress, Path types', ['Prefix /a/b one'], {
    '/a/b': 'one',
    '/a/b/c/d': 'one',
    '/a': 404,
    '/a/': 404,
    '/a/bb': 404,
    '/b': 404,
    '/x/a/b': 404,
  }),
  paths(
    '/foo/bar matches /foo/bar/baz, but does not match /foo/barbaz',
    'Ingress, Path types',
    ['Prefix /foo/bar one'],
    {
      '/foo/bar/baz': 'one',
      '/foo/barbaz': 404,
    },
  ),
  paths(
    'ImplementationSpecific may be treated identically to Prefix, and is',
    'Ingress, Path types',
    ['ImplementationSpecific /foo one'],
    { '/foo': 'one', '/foo/bar': 'one', '/foobar': 404 },
  ),
  paths(
    'ImplementationSpecific may leave the path out',
    'networking/v1, HTTPIngressPath.path',
    ['ImplementationSpecific one'],
    {
      '/': 'one',
      '/any/thing': 'one',
    },
  ),
  paths(
    'implementations are required to support all path types',
    'networking/v1, HTTPIngressPath.pathType',
    ['Exact /exact one', 'Prefix /prefix two', 'ImplementationSpecific /specific one'],
    { '/exact': 'one', '/prefix/x': 'two', '/specific': 'one' },
  ),
];

const multipleMatches: readonly Case[] = [
  paths(
    'precedence is given first to the longest matching path',
    'Ingress, Multiple matches',
    ['Prefix /a one', 'Prefix /a/b two'],
    {
      '/a': 'one',
      '/a/c': 'one',
      '/a/b': 'two',
      '/a/b/c': 'two',
    },
  ),
  paths(
    '… in whatever order they are written',
    'Ingress, Multiple matches',
    ['Prefix /a/b two', 'Prefix /a one', 'Prefix / one'],
    {
      '/a/c': 'one',
      '/a/b/c': 'two',
      '/': 'one',
    },
  ),
  paths(
    'a longer Prefix comes before a shorter one of more characters elsewhere',
    'Ingress, Multiple matches',
    ['Prefix /a/b/c/d two', 'Prefix /a/b/c one', 'Prefix /a/long-element-that-matches-nothing one'],
    { '/a/b/c/d/e': 'two', '/a/b/c/x': 'one', '/a/b': 404 },
  ),
  paths(
    'of two equal paths Exact has precedence over Prefix',
    'Ingress, Multiple matches',
    ['Exact /foo two', 'Prefix /foo one'],
    { '/foo': 'two', '/foo/': 'one', '/foo/bar': 'one' },
  ),
  paths(
    'Exact has precedence over ImplementationSpecific, which is as Prefix',
    'Ingress, Multiple matches',
    ['ImplementationSpecific /foo one', 'Exact /foo two'],
    { '/foo': 'two', '/foo/bar': 'one' },
  ),
  {
    says: '/foo and /foo/ both match /foo and /foo/; where both are present the longest (/foo/) has priority',
    source: 'networking/v1, PathTypePrefix',
    objects: [ingress('web', [rule('foo.bar.com', 'Prefix /foo one', 'Prefix /foo/ two')])],
    asks: at({ '/foo': 'two', '/foo/': 'two', '/foo/bar': 'two' }),
    refused: ['Ingress web spec.rules[0].http.paths[0] PathConflict'],
  },
  {
    says: '… in whatever order they are written',
    source: 'networking/v1, PathTypePrefix',
    objects: [ingress('web', [rule('foo.bar.com', 'Prefix /foo/ two', 'Prefix /foo one')])],
    asks: at({ '/foo': 'two', '/foo/': 'two', '/foo/bar': 'two' }),
    refused: ['Ingress web spec.rules[0].http.paths[1] PathConflict'],
  },
  {
    says: 'paths of several rules with one host are matched together',
    source: 'Ingress, Multiple matches',
    objects: [ingress('web', [rule('foo.bar.com', 'Prefix /a one'), rule('foo.bar.com', 'Prefix /a/b two')])],
    asks: at({ '/a': 'one', '/a/b': 'two' }),
  },
  {
    says: 'paths of several Ingresses with one host are matched together',
    source: 'ours',
    objects: [
      ingress('web-1', [rule('foo.bar.com', 'Prefix / one', 'Prefix /a/b one')]),
      ingress('web-2', [rule('foo.bar.com', 'Prefix /a two', 'Exact /a/b two')]),
      elsewhere(ingress('web-3', [rule('foo.bar.com', 'Prefix /a/c three')])),
      ...served('three', 'one').map((object) => elsewhere(object)),
    ],
    asks: at({ '/x': 'one', '/a': 'two', '/a/b': 'two', '/a/b/x': 'one', '/a/c/x': 'one' }),
  },
  {
    says: 'of two Ingresses that claim one host and path the older one has it, else the first by name',
    source: 'ours',
    objects: [
      ingress('web-1', [rule('foo.bar.com', 'Prefix /a one')]),
      ingress('web-2', [rule('foo.bar.com', 'Prefix /a two', 'Prefix /b two')]),
    ],
    asks: at({ '/a': 'one', '/b': 'two' }),
    refused: ['Ingress web-2 spec.rules[0].http.paths[0] PathConflict'],
    steps: [{ does: 'the other has it when the first goes', removes: ['Ingress web-1'], asks: at({ '/a': 'two' }) }],
  },
];

const fields: readonly Case[] = [
  paths(
    'what is matched ends before ? (http://<host>/<path>?<searchpart>)',
    'networking/v1, HTTPIngressRuleValue',
    ['Exact /foo one', 'Prefix /bar two'],
    { '/foo?bar=/bar': 'one', '/bar?': 'two', '/baz?/foo': 404, '/bar/?a=b': 'two' },
  ),
  paths(
    'a path can contain characters that are disallowed in a URL',
    'networking/v1, HTTPIngressPath.path',
    ['Prefix /föö one', 'Exact /{id} two', 'Prefix /a|b two', 'Exact /a b one'],
    { '/f%C3%B6%C3%B6/x': 'one', '/%7Bid%7D': 'two', '/a%7Cb': 'two', '/a%20b': 'one' },
  ),
  paths(
    'what looks like a pattern is none',
    'Ingress, Path types',
    ['Prefix /foo(.*) one', 'ImplementationSpecific /[a-z]+ one', 'Exact /*.html one', 'Exact /* two'],
    { '/foobar': 404, '/abc': 404, '/x.html': 404, '/*.html': 'one', '/*': 'two', '/foo(.*)': 'one' },
  ),
];

const methods: Case = {
  says: 'a rule is for requests of any method',
  source: 'Ingress, Ingress rules',
  objects: [ingress('web', [rule('foo.bar.com', 'Prefix /foo one')])],
  asks: Object.fromEntries(
    ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => [`${method} foo.bar.com/foo`, 'one']),
  ),
};

export const pathCases: readonly Case[] = [...examples, ...pathTypes, ...multipleMatches, ...fields, methods];

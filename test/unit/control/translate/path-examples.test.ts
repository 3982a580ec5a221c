import { expect, test } from 'vitest';
import { findSlowly } from '../../../support/reference-matcher.ts';
import { outcomeOf, readCase } from './read-case.ts';

/**
 * Kubernetes, concepts, Ingress: the tables "Examples" and "Hostname wildcards", row by row. Paths are `Exact /foo`;
 * the answer is the path of the rule that takes the request, or undefined.
 */
test.each<[string[], string, string | undefined]>([
  [['Prefix /'], '/anything/at/all', 'Prefix /'],
  [['Exact /foo'], '/foo', 'Exact /foo'],
  [['Exact /foo'], '/bar', undefined],
  [['Exact /foo'], '/foo/', undefined],
  [['Exact /foo/'], '/foo', undefined],
  [['Prefix /foo'], '/foo', 'Prefix /foo'],
  [['Prefix /foo'], '/foo/', 'Prefix /foo'],
  [['Prefix /foo/'], '/foo', 'Prefix /foo/'],
  [['Prefix /foo/'], '/foo/', 'Prefix /foo/'],
  [['Prefix /aaa/bb'], '/aaa/bbb', undefined],
  [['Prefix /aaa/bbb'], '/aaa/bbb', 'Prefix /aaa/bbb'],
  [['Prefix /aaa/bbb/'], '/aaa/bbb', 'Prefix /aaa/bbb/'],
  [['Prefix /aaa/bbb'], '/aaa/bbb/', 'Prefix /aaa/bbb'],
  [['Prefix /aaa/bbb'], '/aaa/bbb/ccc', 'Prefix /aaa/bbb'],
  [['Prefix /aaa/bbb'], '/aaa/bbbxyz', undefined],
  [['Prefix /', 'Prefix /aaa'], '/aaa/ccc', 'Prefix /aaa'],
  [['Prefix /', 'Prefix /aaa', 'Prefix /aaa/bbb'], '/aaa/bbb', 'Prefix /aaa/bbb'],
  [['Prefix /', 'Prefix /aaa', 'Prefix /aaa/bbb'], '/ccc', 'Prefix /'],
  [['Prefix /aaa'], '/ccc', undefined],
  [['Prefix /foo', 'Exact /foo'], '/foo', 'Exact /foo'],
])('%j with a request for %s', (paths, request, expected) => {
  expect(ask('a.test', paths, 'a.test', request)).toBe(expected);
});

test.each([
  ['*.foo.com', 'bar.foo.com', 'Prefix /'],
  ['*.foo.com', 'baz.bar.foo.com', undefined],
  ['*.foo.com', 'foo.com', undefined],
])('host %s with a request for %s', (host, wanted, expected) => {
  expect(ask(host, ['Prefix /'], wanted, '/')).toBe(expected);
});

test('a path that no Exact or Prefix takes goes to the default backend', () => {
  expect(ask('a.test', ['Prefix /aaa'], 'a.test', '/ccc', 'rest')).toBe('default');
});

/** One Ingress with these paths, asked by the definition of matching. */
function ask(host: string, paths: readonly string[], wantedHost: string, request: string, rest?: string) {
  const { rules } = outcomeOf(readCase(JSON.stringify(ingressOf(host, paths, rest))));
  const found = findSlowly(rules, Buffer.from(wantedHost), Buffer.from(request));
  if (found < 0) return undefined;
  const index = /paths\[(\d+)\]$/.exec(rules[found].field)?.[1];
  return index === undefined ? 'default' : paths[Number(index)];
}

const backend = (name: string) => ({ service: { name, port: { number: 80 } } });

function ingressOf(host: string, paths: readonly string[], rest: string | undefined): object {
  const written = paths.map((text) => {
    const [pathType, path] = text.split(' ');
    return { pathType, path, backend: backend('web') };
  });
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web' },
    spec: {
      rules: [{ host, http: { paths: written } }],
      ...(rest === undefined ? {} : { defaultBackend: backend(rest) }),
    },
  };
}

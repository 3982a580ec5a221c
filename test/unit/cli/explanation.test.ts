import { expect, test } from 'vitest';
import { explain, explanationLines, OTHERS_SHOWN } from '../../../src/cli/explanation.ts';
import type { Rule } from '../../../src/model/snapshot.ts';

const rule = (name: string, host: string, path: string, pathKind: Rule['pathKind'] = 'prefix'): Rule => ({
  host,
  pathKind,
  path,
  backend: `shop/${name}:80`,
  owner: { kind: 'Ingress', namespace: 'shop', name },
  field: 'spec.rules[0].http.paths[0]',
});

const facts = {
  fileOf: (owner: { name: string }) => `${owner.name}.yaml`,
  endpointsOf: (backend: string) => (backend === 'shop/web:80' ? [{ address: '::1', port: 80, weight: 1 }] : []),
};

const request = { method: 'GET', host: 'a.test', path: '/x' };

test('the rule that takes it is told with file, object, field, backend and endpoints, the others nearest first', () => {
  const rules = [
    rule('far', 'b.test', ''),
    rule('web', 'a.test', '/x'),
    rule('aside', 'a.test', '/y'),
    rule('root', 'a.test', ''),
  ];
  expect(explanationLines(explain(request, 1, rules, facts))).toEqual([
    'GET /x for the host a.test',
    'Taken by Ingress shop/web, web.yaml, spec.rules[0].http.paths[0]',
    '  rule       a.test, Prefix /x',
    '  backend    shop/web:80',
    '  endpoints  [::1]:80',
    'Not Ingress shop/root, root.yaml, spec.rules[0].http.paths[0] (a.test, Prefix /): less specific: the prefix /x is longer',
    'Not Ingress shop/aside, aside.yaml, spec.rules[0].http.paths[0] (a.test, Prefix /y): the path is not /y and not below it',
    'Not Ingress shop/far, far.yaml, spec.rules[0].http.paths[0] (b.test, Prefix /): the host is not b.test',
  ]);
});

test('a backend without endpoints is said to answer 503', () => {
  const lines = explanationLines(explain(request, 0, [rule('none', '', '', 'default')], facts));
  expect(lines).toContain('  rule       any host, default');
  expect(lines).toContain('  endpoints  none, so it answers 503');
});

test('nobody is 404', () => {
  expect(explanationLines(explain(request, -1, [], facts))).toEqual([
    'GET /x for the host a.test',
    'Nobody takes it: 404',
  ]);
});

test('of many others twenty are shown and the rest is counted', () => {
  const rules = Array.from({ length: 1000 }, (_, index) => rule(`r${index}`, `h${index}.test`, ''));
  const explanation = explain(request, -1, rules, facts);
  expect(explanation.others).toHaveLength(OTHERS_SHOWN);
  expect(explanationLines(explanation).at(-1)).toBe('… and 980 more rules do not take it');
});

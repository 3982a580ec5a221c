import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bySeniority } from '../../../../src/control/translate/seniority.ts';
import type { Ingress, IngressPath } from '../../../../src/model/objects.ts';
import { type Case, outcomeOf, usualOptions } from './read-case.ts';

const paths: fc.Arbitrary<Pick<IngressPath, 'path' | 'pathType'>> = fc.record({
  path: fc.constantFrom('/', '/a', '/a/', '/%61', '/b', '/a//b'),
  pathType: fc.constantFrom('Exact', 'Prefix', 'ImplementationSpecific'),
});
const rules = fc.array(
  fc.record({ host: fc.constantFrom('', 'a.test', '*.a.test'), paths: fc.array(paths, { maxLength: 3 }) }),
  {
    maxLength: 3,
  },
);

const sketches = fc.uniqueArray(
  fc.record({
    namespace: fc.constantFrom('a', 'a-b', 'b'),
    name: fc.constantFrom('x', 'y', 'z'),
    createdAtMs: fc.constantFrom(undefined, 1_000, 2_000),
    rules,
    rest: fc.boolean(),
  }),
  { selector: ({ namespace, name }) => `${namespace}/${name}`, maxLength: 8 },
);
type Sketch = typeof sketches extends fc.Arbitrary<(infer T)[]> ? T : never;

function ingressOf({ namespace, name, createdAtMs, rules, rest }: Sketch): Ingress {
  const backend = { service: name, port: 80 };
  return {
    kind: 'Ingress',
    meta: { namespace, name, uid: undefined, resourceVersion: undefined, createdAtMs, labels: {}, annotations: {} },
    origin: { file: `${namespace}-${name}.yaml`, folder: true },
    className: undefined,
    defaultBackend: rest ? backend : undefined,
    rules: rules.map(({ host, paths }, i) => ({
      field: `spec.rules[${i}]`,
      host,
      paths: paths.map((path, k) => ({ ...path, field: `spec.rules[${i}].http.paths[${k}]`, backend })),
    })),
    tls: [],
    status: undefined,
    problems: [],
  };
}

const caseOf = (objects: readonly Ingress[]): Case => ({ objects, refusals: [], options: usualOptions });

test('the order in which Ingresses arrive decides nothing', () => {
  const shuffled = sketches.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
  );
  const check = ([all, other]: [Sketch[], Sketch[]]): void => {
    expect(outcomeOf(caseOf(other.map(ingressOf)))).toEqual(outcomeOf(caseOf(all.map(ingressOf))));
  };
  fc.assert(fc.property(shuffled, check), { numRuns: 500 });
});

test('of one host and path there is one rule, and it is that of the oldest Ingress that asks for it', () => {
  const check = (all: Sketch[]): void => {
    const ingresses = all.map(ingressOf);
    const { rules } = outcomeOf(caseOf(ingresses));
    const places = rules.map(({ host, pathKind, path }) => `${host} ${pathKind} ${path}`);
    expect(new Set(places).size).toBe(places.length);
    const oldestFirst = ingresses.toSorted(bySeniority);
    for (const [index, rule] of rules.entries()) {
      const first = oldestFirst.find((one) => {
        const alone = outcomeOf(caseOf([one])).rules;
        return alone.some(({ host, pathKind, path }) => `${host} ${pathKind} ${path}` === places[index]);
      });
      expect(rule.owner).toMatchObject({ namespace: first?.meta.namespace, name: first?.meta.name });
    }
  };
  fc.assert(fc.property(sketches, check), { numRuns: 200 });
});

test('whatever is asked for serves or is refused', () => {
  const check = (all: Sketch[]): void => {
    const ingresses = all.map(ingressOf);
    const { rules, refusals } = outcomeOf(caseOf(ingresses));
    for (const { meta, rules: asked } of ingresses) {
      for (const { field } of asked.flatMap((rule) => rule.paths ?? [])) {
        const said = [...rules.map(({ owner, field }) => ({ object: owner, field })), ...refusals].filter(
          ({ object }) => object?.namespace === meta.namespace && object.name === meta.name,
        );
        expect(said.some((one) => one.field === field || one.field === `${field}.path`)).toBe(true);
      }
    }
  };
  fc.assert(fc.property(sketches, check), { numRuns: 200 });
});

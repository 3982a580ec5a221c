import type { Dice } from '../../src/base/dice.ts';
import { defaultPolicy } from '../../src/model/backend-policy.ts';
import type { BackendSnapshot, Endpoint, PathKind, RouteSnapshot, Rule } from '../../src/model/snapshot.ts';

/** Dice that always fall the same. */
export const fixedDice = (seed = 1): Dice => ({ below: () => 0, seed: () => seed });

export const newRule = (host: string, pathKind: PathKind, path: string, backend = 'shop/web:80'): Rule => ({
  host,
  pathKind,
  path,
  backend,
  owner: { kind: 'Ingress', namespace: 'shop', name: 'web' },
  field: 'spec.rules[0].http.paths[0]',
});

/** One host per backend, with a prefix `/` each. */
export const routesTo = (...backends: string[]): RouteSnapshot => ({
  rules: backends.map((backend) => newRule(`${backend.replace(/\W/g, '-')}.test`, 'prefix', '', backend)),
});

/** `{ 'shop/web:80': ['10.0.0.1:80'] }`, IPv4 only. */
export const backendsOf = (endpoints: Record<string, readonly string[]>): BackendSnapshot => ({
  backends: Object.entries(endpoints).map(([key, texts]) => ({
    key,
    endpoints: texts.map(endpointOf),
    policy: defaultPolicy,
  })),
});

function endpointOf(text: string): Endpoint {
  const [address, port] = text.split(':');
  return { address, port: Number(port), weight: 1 };
}

/** `count` rules as a large cluster has them: two paths a host, an owner per host, ten hosts a namespace. */
export function manyRules(count: number): Rule[] {
  return Array.from({ length: count }, (_, i) => {
    const site = i >> 1;
    const namespace = `team-${Math.floor(site / 10)}`;
    return {
      host: `site-${site}.apps.example.test`,
      pathKind: i % 10 === 0 ? 'exact' : 'prefix',
      path: i % 2 === 0 ? `/api/v1/resources-${i}` : '',
      backend: `${namespace}/service-${site}:http`,
      owner: { kind: 'Ingress', namespace, name: `ingress-${site}` },
      field: `spec.rules[0].http.paths[${i % 2}]`,
    };
  });
}

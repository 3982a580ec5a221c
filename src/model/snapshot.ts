import { type BackendPolicy, samePolicy } from './backend-policy.ts';
import type { ObjectRef } from './refusal.ts';

/**
 * What the sources ask for, translated and settled: no two rules claim the same host and path.
 * Routes and backends are two values because they change at two rates (people deploy, pods move).
 */
export interface RouteSnapshot {
  /** Sorted by host, then path kind, then path. */
  readonly rules: readonly Rule[];
}

export type PathKind =
  | 'exact'
  | 'prefix' // by path element: /a takes /a, /a/ and /a/b, not /ab
  | 'default'; // whatever no exact or prefix rule of the host took

export interface Rule {
  /** Lower case. '' takes every host, `*.a.test` exactly one label in front of `.a.test`. */
  readonly host: string;
  readonly pathKind: PathKind;
  /** 'exact': as written. 'prefix': without trailing slash, so '' is the prefix `/`. 'default': ''. */
  readonly path: string;
  /** `namespace/service:port`, where port is the name or number that the Ingress says. */
  readonly backend: string;
  readonly owner: ObjectRef;
  /** Where in the owner, e.g. `spec.rules[0].http.paths[1]`. */
  readonly field: string;
}

export function sameRule(a: Rule, b: Rule): boolean {
  const { kind, namespace, name } = a.owner;
  const sameMatch = a.host === b.host && a.pathKind === b.pathKind && a.path === b.path;
  const sameOwner = kind === b.owner.kind && namespace === b.owner.namespace && name === b.owner.name;
  return a === b || (sameMatch && a.backend === b.backend && sameOwner && a.field === b.field);
}

export const kindRank: Readonly<Record<PathKind, number>> = { exact: 0, prefix: 1, default: 2 };

/** The order of a RouteSnapshot. */
export function precedes(a: Rule, b: Rule): boolean {
  if (a.host !== b.host) return a.host < b.host;
  return a.pathKind === b.pathKind ? a.path < b.path : kindRank[a.pathKind] < kindRank[b.pathKind];
}

export interface BackendSnapshot {
  /** One for each distinct `Rule.backend`, sorted by key. */
  readonly backends: readonly Backend[];
}

export interface Backend {
  readonly key: string;
  /** Empty: the route answers 503. Sorted, without duplicates. */
  readonly endpoints: readonly Endpoint[];
  readonly policy: BackendPolicy;
}

export const sameBackend = (a: Backend, b: Backend): boolean =>
  a.key === b.key && samePolicy(a.policy, b.policy) && sameEndpoints(a.endpoints, b.endpoints);

export interface Endpoint {
  /** An IPv4 or IPv6 address without brackets; a DNS name only for ExternalName. */
  readonly address: string;
  readonly port: number;
  /** Share of the requests, from 1 to `WEIGHT_LIMIT`; 1 where nothing is said. */
  readonly weight: number;
}

export const WEIGHT_LIMIT = 1000;

export const sameEndpoint = (a: Endpoint, b: Endpoint): boolean =>
  a === b || (a.address === b.address && a.port === b.port && a.weight === b.weight);

export const sameEndpoints = (a: readonly Endpoint[], b: readonly Endpoint[]): boolean =>
  a === b || (a.length === b.length && a.every((endpoint, index) => sameEndpoint(endpoint, b[index])));

/** `127.0.0.1:80`, `[::1]:80`. */
export const endpointText = (endpoint: Pick<Endpoint, 'address' | 'port'>): string =>
  endpoint.address.includes(':') ? `[${endpoint.address}]:${endpoint.port}` : `${endpoint.address}:${endpoint.port}`;

/** Who gets the next request of a backend. */
export const balancingKinds = [
  'round-robin', // one after the other, weights do not count
  'weighted', // one after the other, in proportion to the weights
  'least-requests', // of two drawn by weight the one with fewer requests for its weight
  'random', // drawn by weight
  'hash-address', // the same client address, the same endpoint
  'hash-header', // the same value of a header, the same endpoint
  'cookie', // the endpoint that a cookie of ours names
] as const;

export type BalancingKind = (typeof balancingKinds)[number];

export interface Balancing {
  readonly kind: BalancingKind;
  /** `hash-header`: the header, in lower case. `cookie`: the cookie, as written. Otherwise ''. */
  readonly name: string;
  /** `cookie`: goes into the tokens, so that they do not tell an address. The same in every replica. Otherwise ''. */
  readonly salt: string;
}

export const proxyProtocols = ['off', 'v1', 'v2'] as const;

/** What the Service says of how its endpoints are reached, beside their addresses. */
export interface BackendPolicy {
  readonly balancing: Balancing;
  /** The header of the PROXY protocol that every connection to an endpoint begins with. */
  readonly proxyProtocol: (typeof proxyProtocols)[number];
  /** Trailers of requests go on. */
  readonly requestTrailers: boolean;
}

export const roundRobin: Balancing = { kind: 'round-robin', name: '', salt: '' };

export const defaultPolicy: BackendPolicy = { balancing: roundRobin, proxyProtocol: 'off', requestTrailers: false };

/** As a Service says it. The salt is nobody's business. */
export const balancingText = ({ kind, name }: Balancing): string => {
  if (kind === 'hash-address') return 'hash client-address';
  if (kind === 'hash-header') return `hash header ${name}`;
  return kind === 'cookie' ? `cookie ${name}` : kind;
};

/** Every field counts: one that is added and not listed does not compile. */
const balancingFields = { kind: true, name: true, salt: true } satisfies Record<keyof Balancing, true>;
const policyFields = { proxyProtocol: true, requestTrailers: true } satisfies Record<
  Exclude<keyof BackendPolicy, 'balancing'>,
  true
>;

export function samePolicy(a: BackendPolicy, b: BackendPolicy): boolean {
  return a === b || (sameFields(policyFields, a, b) && sameFields(balancingFields, a.balancing, b.balancing));
}

function sameFields<F extends object>(fields: F, a: Record<keyof F, unknown>, b: Record<keyof F, unknown>): boolean {
  return (Object.keys(fields) as (keyof F)[]).every((field) => a[field] === b[field]);
}

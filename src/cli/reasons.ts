import type { PathKind } from '../model/snapshot.ts';

/** What decides whether a rule takes a request. */
export interface Matcher {
  readonly host: string;
  readonly pathKind: PathKind;
  readonly path: string;
}

/** Host in lower case without port, canonical path. */
export interface Asked {
  readonly host: string;
  readonly path: string;
}

/** `nearness`: 2 it would have taken the request, 1 the host fits, 0 not even that. */
export interface Reason {
  readonly nearness: 0 | 1 | 2;
  readonly text: string;
}

/** `a.test`, `any host`. */
export const hostText = ({ host }: Pick<Matcher, 'host'>): string => (host === '' ? 'any host' : host);

/** `Exact /x`, `Prefix /`, `default`. */
export function pathText({ pathKind, path }: Omit<Matcher, 'host'>): string {
  if (pathKind === 'default') return 'default';
  return pathKind === 'exact' ? `Exact ${path}` : `Prefix ${path === '' ? '/' : path}`;
}

function hostReason({ host }: Matcher, asked: Asked): string | undefined {
  if (host === '') return undefined;
  if (!host.startsWith('*.')) return host === asked.host ? undefined : `the host is not ${host}`;
  const dot = asked.host.indexOf('.');
  const fits = dot > 0 && asked.host.slice(dot) === host.slice(1);
  return fits ? undefined : `the host is not one label in front of ${host.slice(1)}`;
}

function pathReason({ pathKind, path }: Matcher, asked: Asked): string | undefined {
  if (pathKind === 'default') return undefined;
  if (pathKind === 'exact') return asked.path === path ? undefined : `the path is not ${path}`;
  const below = asked.path === path || asked.path.startsWith(`${path}/`);
  return below ? undefined : `the path is not ${path === '' ? '/' : path} and not below it`;
}

const hostClass = (host: string): number => (host === '' ? 2 : host.startsWith('*.') ? 1 : 0);
const hostClasses = ['an exact host', 'a wildcard host', 'no host'] as const;

/** Both match: one line per sentence of the precedence, in its order. */
function precedence(loser: Matcher, winner: Matcher): string {
  const [lost, won] = [hostClass(loser.host), hostClass(winner.host)];
  if (lost !== won) return `less specific: ${hostClasses[won]} comes before ${hostClasses[lost]}`;
  if (loser.pathKind === 'default') return 'less specific: the default takes what no path of the host takes';
  if (loser.pathKind !== winner.pathKind) return 'less specific: Exact comes before Prefix';
  return `less specific: the prefix ${winner.path} is longer`;
}

/** Why `rule` does not take the request that `winner` takes, or that nobody takes. */
export function reasonAgainst(rule: Matcher, asked: Asked, winner: Matcher | undefined): Reason {
  const host = hostReason(rule, asked);
  if (host !== undefined) return { nearness: 0, text: host };
  const path = pathReason(rule, asked);
  if (path !== undefined) return { nearness: 1, text: path };
  if (winner === undefined)
    throw new Error(`the table found nobody for ${asked.host}${asked.path}, which ${pathText(rule)} takes`);
  return { nearness: 2, text: precedence(rule, winner) };
}

import { domainToASCII } from 'node:url';
import { defaultPolicy } from '../model/backend-policy.ts';
import { type BackendSnapshot, type Endpoint, endpointText, type RouteSnapshot, type Rule } from '../model/snapshot.ts';
import { readAsked } from './request.ts';

/** A value, or the sentence that says what is wrong with its text. */
type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

const good = <T>(value: T): Read<T> => ({ ok: true, value });
const bad = (problem: string): { readonly ok: false; readonly problem: string } => ({ ok: false, problem });

/** `http://127.0.0.1:3000` → where to connect. A DNS name is resolved at each connect. */
export function readTarget(text: string): Read<Endpoint> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:') return bad(`${text}: https backends are not in this version; name one with http://`);
  if (url?.protocol !== 'http:' || url.hostname === '')
    return bad(`${text}: must be a URL such as http://127.0.0.1:3000`);
  if (url.username !== '' || url.password !== '') return bad(`${text}: must not have a user or a password`);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return bad(`${text}: must not have a path: requests go on with the path that they came with`);
  }
  const port = url.port === '' ? 80 : Number(url.port);
  if (port === 0) return bad(`${text}: must have a port from 1 to 65535`);
  return good({ address: url.hostname.replace(/^\[|\]$/g, ''), port, weight: 1 });
}

export interface ProxyMatch {
  /** As in `Rule`. */
  readonly host: string;
  /** A prefix as in `Rule`. */
  readonly path: string;
}

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const hostPattern = new RegExp(`^(?:\\*\\.)?${label}(?:\\.${label})*$`);

/** `a.test/api`, `*.a.test`, `/api` → what the one rule takes. */
export function readFrom(text: string): Read<ProxyMatch> {
  if (text.includes('://')) return bad(`${text}: must be HOST or HOST/PATH, without http://`);
  const slash = text.indexOf('/');
  const [rawHost, rawPath] = slash === -1 ? [text, '/'] : [text.slice(0, slash), text.slice(slash)];
  if (rawHost.includes(':')) return bad(`${text}: must not have a port: --http-port says where to listen`);
  const host = rawHost.startsWith('*.') ? `*.${domainToASCII(rawHost.slice(2))}` : domainToASCII(rawHost);
  if (rawHost !== '' && (!hostPattern.test(host) || host.length > 253))
    return bad(`${text}: ${rawHost} is no host name`);
  if (/[?#]/.test(rawPath)) return bad(`${text}: must not have a query: a rule takes a path and what is below it`);
  const asked = readAsked('GET', `http://a.test${rawPath}`);
  return asked.ok ? good({ host, path: asked.path.replace(/\/$/, '') }) : bad(`${text}: ${rawPath} is no path`);
}

export interface FixedSnapshot {
  readonly routes: RouteSnapshot;
  readonly backends: BackendSnapshot;
}

const BACKEND = 'komainu/proxy:http';

/** One rule and its one backend, as the folder would have given them. */
export function proxySnapshot(match: ProxyMatch, endpoints: readonly Endpoint[]): FixedSnapshot {
  const rule: Rule = {
    host: match.host,
    pathKind: 'prefix',
    path: match.path,
    backend: BACKEND,
    owner: { kind: 'Command', namespace: '', name: 'proxy' },
    field: '--from',
  };
  const backend = { key: BACKEND, endpoints: distinct(endpoints), policy: defaultPolicy };
  return { routes: { rules: [rule] }, backends: { backends: [backend] } };
}

function distinct(endpoints: readonly Endpoint[]): Endpoint[] {
  const byText = new Map(endpoints.map((endpoint) => [endpointText(endpoint), endpoint]));
  return [...byText.keys()].sort().map((text) => byText.get(text) as Endpoint);
}

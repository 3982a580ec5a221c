import type { Rule } from '../model/snapshot.ts';

/** What is read of `/api/routes` and `/api/backends` of a running process. */
interface RoutesAnswer {
  readonly routes: readonly Rule[];
}

interface ListedEndpoint {
  readonly text: string;
  readonly available: boolean;
}

interface BackendsAnswer {
  readonly backends: readonly { readonly key: string; readonly endpoints: readonly ListedEndpoint[] }[];
}

export interface RunningRoutes {
  readonly routes: RoutesAnswer['routes'];
  /** Endpoints by backend key. */
  readonly endpoints: ReadonlyMap<string, readonly string[]>;
  /** Endpoints that picks leave out now. */
  readonly out: ReadonlySet<string>;
}

const ANSWER_TIMEOUT_MS = 10_000;

/** The URL of an admin port, or undefined where `text` is none. */
export function readAdminUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === '/' ? url : undefined;
}

/** Throws an error with a sentence where nobody answers as Komainu would. */
export async function fetchRoutes(admin: URL): Promise<RunningRoutes> {
  const [{ routes }, { backends }] = await Promise.all([
    fetchJson<RoutesAnswer>(new URL('/api/routes', admin), 'routes'),
    fetchJson<BackendsAnswer>(new URL('/api/backends', admin), 'backends'),
  ]);
  const endpoints = backends.map(({ key, endpoints: list }) => [key, list.map(({ text }) => text)] as const);
  const out = backends.flatMap(({ endpoints: list }) => list.filter(({ available }) => available === false));
  return { routes, endpoints: new Map(endpoints), out: new Set(out.map(({ text }) => text)) };
}

async function fetchJson<T>(url: URL, list: string): Promise<T> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS), redirect: 'error' }).catch(
    (error) => {
      throw new Error(`${url} does not answer: ${reasonOf(error)}`);
    },
  );
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  const value: unknown = await answer.json().catch(() => undefined);
  const isOurs = typeof value === 'object' && value !== null && Array.isArray(Reflect.get(value, list));
  if (!isOurs) throw new Error(`${url} answers something else than the admin port of Komainu does`);
  return value as T;
}

/** fetch says only "fetch failed" and keeps the reason as the cause; of several addresses each has its own. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: Error & { code?: string } };
  return cause?.code ?? cause?.message ?? message;
}

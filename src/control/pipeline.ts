import { samePolicy } from '../model/backend-policy.ts';
import type { Kind } from '../model/objects.ts';
import { type Backend, type BackendSnapshot, type RouteSnapshot, type Rule, sameEndpoint } from '../model/snapshot.ts';
import type { Log } from '../observe/log.ts';
import type { Publication } from '../table/shard-messages.ts';
import type { ObjectReader, StoreChange } from './object-reader.ts';
import type { RefusalLedger } from './refusal-ledger.ts';
import type { TranslateOptions } from './translate/options.ts';
import { translateBackends } from './translate/translate-backends.ts';
import { translateRoutes } from './translate/translate-routes.ts';

export interface PipelineParts {
  readonly store: ObjectReader & { onChange(listener: (change: StoreChange) => void): void };
  readonly publisher: {
    publish(change: { routes?: RouteSnapshot; backends: BackendSnapshot }): Publication;
  };
  readonly ledger: Pick<RefusalLedger, 'replace'>;
  readonly options: TranslateOptions;
  readonly log: Log;
}

/** Rules name their backends by key, so only these kinds can change a route. */
const routeKinds: readonly Kind[] = ['Ingress', 'IngressClass'];

/**
 *   store ──► translate routes ──► translate backends ──► publish
 *             (deploys)            (deploys, and pods that move)
 *
 * Runs once at once, so start it when the store holds the first whole load, and again after each change of the store,
 * once for all changes of one turn. Never throws: what cannot be translated or published is logged, the last good
 * generation stays, and the next change tries again.
 */
export function startPipeline(parts: PipelineParts): void {
  const pipeline = new Pipeline(parts);
  pipeline.run();
  parts.store.onChange(({ kinds }) => pipeline.mark(kinds));
}

class Pipeline {
  readonly #parts: PipelineParts;
  #routesStale = true;
  #scheduled = false;
  /** What was last translated; the rules keep their identity while only pods move. */
  #routes: RouteSnapshot | undefined;
  /** What was last published. */
  #published: { readonly routes: RouteSnapshot; readonly backends: BackendSnapshot } | undefined;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
  }

  mark(kinds: ReadonlySet<Kind>): void {
    if (routeKinds.some((kind) => kinds.has(kind))) this.#routesStale = true;
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.run();
    });
  }

  run(): void {
    try {
      const routes = this.#translateRoutes();
      const { store, options, ledger } = this.#parts;
      const { snapshot, refusals } = translateBackends(store, routes.rules, options);
      this.#publish(routes, snapshot);
      ledger.replace('backends', refusals);
    } catch (error) {
      this.#parts.log.error({ err: error }, 'change could not be published, the last good generation stays');
    }
  }

  #translateRoutes(): RouteSnapshot {
    if (!this.#routesStale && this.#routes !== undefined) return this.#routes;
    const { store, options, ledger } = this.#parts;
    const { snapshot, refusals } = translateRoutes(store, options);
    if (this.#routes === undefined || !sameRoutes(this.#routes, snapshot)) this.#routes = snapshot;
    this.#routesStale = false;
    ledger.replace('routes', refusals);
    return this.#routes;
  }

  #publish(routes: RouteSnapshot, backends: BackendSnapshot): void {
    const before = this.#published;
    const routesDiffer = before?.routes !== routes;
    if (!routesDiffer && sameBackends(before.backends, backends)) return;
    const { generation } = this.#parts.publisher.publish(routesDiffer ? { routes, backends } : { backends });
    this.#published = { routes, backends };
    const counts = { rules: routes.rules.length, backends: backends.backends.length };
    this.#parts.log[routesDiffer ? 'info' : 'debug']({ generation, ...counts }, 'generation published');
  }
}

/** Translation keeps the objects of what did not change, so most pairs are equal by identity. */
const sameRoutes = (a: RouteSnapshot, b: RouteSnapshot): boolean => sameLists(a.rules, b.rules, sameRule);

const sameBackends = (a: BackendSnapshot, b: BackendSnapshot): boolean =>
  sameLists(a.backends, b.backends, sameBackend);

function sameLists<T>(a: readonly T[], b: readonly T[], same: (x: T, y: T) => boolean): boolean {
  return a.length === b.length && a.every((x, index) => x === b[index] || same(x, b[index]));
}

function sameRule(a: Rule, b: Rule): boolean {
  const sameMatch = a.host === b.host && a.pathKind === b.pathKind && a.path === b.path;
  const { kind, namespace, name } = a.owner;
  const sameOwner = kind === b.owner.kind && namespace === b.owner.namespace && name === b.owner.name;
  return sameMatch && a.backend === b.backend && sameOwner && a.field === b.field;
}

const sameBackend = (a: Backend, b: Backend): boolean =>
  a.key === b.key && samePolicy(a.policy, b.policy) && sameLists(a.endpoints, b.endpoints, sameEndpoint);

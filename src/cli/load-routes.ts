import { systemClock } from '../base/clock.ts';
import { systemDice } from '../base/dice.ts';
import { Compiler } from '../control/compile/compile.ts';
import { loadCluster } from '../control/load-cluster.ts';
import { ObjectStore } from '../control/object-store.ts';
import { loadFolder } from '../control/sources/folder/load-folder.ts';
import { leaderRules } from '../control/translate/leader-rules.ts';
import { translate } from '../control/translate/translation.ts';
import type { Refusal } from '../model/refusal.ts';
import type { Backend, Rule } from '../model/snapshot.ts';
import type { Settings } from '../settings.ts';
import { RouteTable } from '../table/route-table.ts';
import type { RuleFacts } from './explanation.ts';
import { sampleManifests } from './program.ts';

/** A folder or a cluster as `serve` would serve it, read once. */
export interface LoadedRoutes extends RuleFacts {
  /** The folder, or the address of the API server. */
  readonly source: { readonly folder: string } | { readonly cluster: string };
  readonly rules: readonly Rule[];
  readonly backends: readonly Backend[];
  /** Of all stages: files, objects, routes, backends. */
  readonly refusals: readonly Refusal[];
  /** Sentences on what could not be read and need not be. */
  readonly warnings: readonly string[];
}

/** What stands in a source, before translation. */
interface Content extends Pick<LoadedRoutes, 'source' | 'refusals' | 'warnings'> {
  readonly store: ObjectStore;
}

/** The source of the settings, or the sample where none is named. Throws StartupError where it cannot be read. */
export async function loadRoutes(settings: Settings): Promise<LoadedRoutes> {
  const { store, source, refusals, warnings } = settings.kubernetes
    ? await readCluster(settings)
    : await readFolder(settings.manifests ?? sampleManifests());
  const options = { ...settings, externalName: settings.allowExternalName };
  const { routes, backends, refusals: more } = translate(store, options);
  const byKey = new Map(backends.backends.map((backend) => [backend.key, backend.endpoints]));
  return {
    ...{ source, warnings },
    rules: settings.role === 'leader' ? leaderRules(routes, settings.leaderHosts).rules : routes.rules,
    backends: backends.backends,
    refusals: [...refusals, ...more].sort(byFile),
    // A rule that no Ingress owns comes from the settings.
    fileOf: ({ kind, namespace, name }) =>
      kind === 'Ingress' ? (store.get(kind, namespace, name)?.origin.file ?? '') : '',
    endpointsOf: (backend) => byKey.get(backend) ?? [],
  };
}

async function readFolder(folder: string): Promise<Content> {
  const { objects, refusals } = await loadFolder(folder);
  const store = new ObjectStore();
  store.apply({ put: objects, remove: [] });
  return { store, source: { folder }, refusals, warnings: [] };
}

async function readCluster(settings: Settings): Promise<Content> {
  const { store, server, refusals, warnings } = await loadCluster(settings, systemClock, systemDice);
  return { store, source: { cluster: server }, refusals, warnings };
}

const byFile = (a: Refusal, b: Refusal): number => (a.file < b.file ? -1 : Number(a.file > b.file));

const newBuffer = (byteLength: number): SharedArrayBuffer => new SharedArrayBuffer(byteLength);

/** The same bytes as the shards get; a rule's index is that of `rules`. */
export function compiledTable({ rules, backends }: Pick<LoadedRoutes, 'rules' | 'backends'>): RouteTable {
  const change = { routes: { rules }, backends: { backends } };
  const { routes } = new Compiler(systemDice).compile(change, 1, { routes: newBuffer, endpoints: newBuffer });
  return new RouteTable(routes as SharedArrayBuffer);
}

import { systemDice } from '../base/dice.ts';
import { StartupError } from '../base/startup-error.ts';
import { Compiler } from '../control/compile/compile.ts';
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

/** A folder as `serve` would serve it, read once. */
export interface LoadedRoutes extends RuleFacts {
  readonly folder: string;
  readonly rules: readonly Rule[];
  readonly backends: readonly Backend[];
  /** Of all stages: files, objects, routes, backends. */
  readonly refusals: readonly Refusal[];
}

/** The folder of the settings, or the sample where none is named. Throws StartupError where it cannot be read, and for a cluster. */
export async function loadRoutes(settings: Settings): Promise<LoadedRoutes> {
  if (settings.kubernetes) {
    throw new StartupError(
      'The source is a cluster, which is read by a process that serves it: ask that one with `komainu routes --admin URL`.',
    );
  }
  const folder = settings.manifests ?? sampleManifests();
  const content = await loadFolder(folder);
  const store = new ObjectStore();
  store.apply({ put: content.objects, remove: [] });
  const options = { ...settings, externalName: settings.allowExternalName };
  const { routes, backends, refusals } = translate(store, options);
  const byKey = new Map(backends.backends.map((backend) => [backend.key, backend.endpoints]));
  return {
    folder,
    rules: settings.role === 'leader' ? leaderRules(routes, settings.leaderHosts).rules : routes.rules,
    backends: backends.backends,
    refusals: [...content.refusals, ...refusals].sort(byFile),
    // A rule that no Ingress owns comes from the settings.
    fileOf: ({ kind, namespace, name }) =>
      kind === 'Ingress' ? (store.get(kind, namespace, name)?.origin.file ?? '') : '',
    endpointsOf: (backend) => byKey.get(backend) ?? [],
  };
}

const byFile = (a: Refusal, b: Refusal): number => (a.file < b.file ? -1 : Number(a.file > b.file));

const newBuffer = (byteLength: number): SharedArrayBuffer => new SharedArrayBuffer(byteLength);

/** The same bytes as the shards get; a rule's index is that of `rules`. */
export function compiledTable({ rules, backends }: Pick<LoadedRoutes, 'rules' | 'backends'>): RouteTable {
  const change = { routes: { rules }, backends: { backends } };
  const { routes } = new Compiler(systemDice).compile(change, 1, { routes: newBuffer, endpoints: newBuffer });
  return new RouteTable(routes as SharedArrayBuffer);
}

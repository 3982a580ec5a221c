import { type Listener, type ShardSettings, shardSettingKeys } from './model/shard-settings.ts';
import type { LogLevel } from './observe/log.ts';
import type { GivenSettings, SettingsProblem } from './settings/given.ts';
import { readSettingsFile } from './settings/read-file.ts';
import { type Environment, type FlagTexts, readEnvironment, readFlags } from './settings/read-texts.ts';
import { type Surroundings, settle } from './settings/settle.ts';

/** A listener, with what later versions will let it say. */
export interface ListenerSettings extends Listener {
  readonly tls: false;
}

/** Everything Komainu was told, complete, checked and frozen; plain data. */
export interface Settings extends ShardSettings {
  readonly listeners: readonly ListenerSettings[];
  readonly adminAddress: string;
  readonly adminPort: number;
  readonly shards: number;
  /** Absolute path of the folder; undefined: nobody named a source. */
  readonly manifests: string | undefined;
  /** The source is a cluster. */
  readonly kubernetes: boolean;
  /** Absolute path; undefined: wherever the tools of Kubernetes look. */
  readonly kubeconfig: string | undefined;
  readonly kubeContext: string | undefined;
  /** Absolute path. */
  readonly stateDir: string | undefined;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly namespaceSelector: string | undefined;
  readonly labelSelector: string | undefined;
  readonly secretScope: 'referenced' | 'all';
  readonly publishIntervalMs: number;
  readonly role: 'all' | 'leader' | 'worker';
  readonly leaderHosts: readonly string[];
  /** undefined: that of the pod. */
  readonly leaseNamespace: string | undefined;
  readonly leaseName: string;
  readonly updateStatus: boolean;
  readonly publishService: { readonly namespace: string; readonly name: string } | undefined;
  readonly publishAddress: readonly string[];
  readonly publishInternalAddresses: boolean;
  readonly writeEvents: boolean;
  readonly ingressClass: string;
  readonly controller: string;
  readonly defaultBackend:
    | { readonly namespace: string; readonly service: string; readonly port: string | number }
    | undefined;
  readonly allowExternalName: boolean;
  readonly preStopMs: number;
  readonly graceMs: number;
  readonly folderQuietMs: number;
  readonly folderMaxWaitMs: number;
  readonly folderPollMs: number;
  readonly logLevel: LogLevel;
}

/** Where settings come from, and the world they are judged in. */
export interface SettingsSources extends Surroundings {
  readonly flags: FlagTexts;
  readonly environment: Environment;
  /** Throws what `readFileSync` throws. */
  readonly readText: (file: string) => string;
}

export type SettingsResult =
  | { readonly ok: true; readonly settings: Settings }
  /** Never empty: every problem of every source. `misused`: a flag's value is not of its kind, which is wrong usage. */
  | { readonly ok: false; readonly problems: readonly SettingsProblem[]; readonly misused: boolean };

/** Flag before environment before file before preset; all problems at once. */
export function readSettings(sources: SettingsSources): SettingsResult {
  const flags = readFlags(sources.flags);
  const environment = readEnvironment(sources.environment);
  const named = { ...environment.given, ...flags.given }.settings;
  const file = named === undefined ? { given: {}, problems: [] } : readFile(sources, named);
  const given: GivenSettings = { ...file.given, ...environment.given, ...flags.given };
  const settled = settle(given, sources);
  const problems = [...flags.problems, ...environment.problems, ...file.problems, ...settled.problems];
  if (problems.length > 0) return { ok: false, problems, misused: flags.problems.length > 0 };
  return { ok: true, settings: deepFreeze(settled.settings) };
}

function readFile(sources: SettingsSources, named: NonNullable<GivenSettings['settings']>) {
  try {
    return readSettingsFile(sources.readText(named.value), named.value);
  } catch (error) {
    return {
      given: {},
      problems: [{ ...named.at(), message: `cannot read the settings file: ${(error as Error).message}` }],
    };
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}

/** The part that crosses to the threads. */
export const toShardSettings = (settings: Settings): ShardSettings =>
  Object.fromEntries(shardSettingKeys.map((key) => [key, settings[key]])) as unknown as ShardSettings;

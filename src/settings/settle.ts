import { resolve } from 'node:path';
import type { Settings } from '../settings.ts';
import type { Given, GivenSettings, SettingsProblem } from './given.ts';
import type { Machine } from './machine.ts';
import { type SettingKey, type SettingValue, settingOf } from './setting-table.ts';
import { settleListeners } from './settle-listeners.ts';

/** The outside world, as far as settling asks it. */
export interface Surroundings {
  readonly machine: Machine;
  /** Relative paths of flags and variables count from here. */
  readonly directory: string;
  readonly isFolder: (path: string) => boolean;
}

/** What was given, with the presets behind it. */
export class Choice {
  readonly #given: GivenSettings;
  readonly machine: Machine;
  readonly problems: SettingsProblem[] = [];

  constructor(given: GivenSettings, machine: Machine) {
    this.#given = given;
    this.machine = machine;
  }

  given<K extends SettingKey>(key: K): Given<SettingValue<K>> | undefined {
    return this.#given[key];
  }

  value<K extends SettingKey>(key: K): SettingValue<K> {
    const preset = settingOf(key).preset;
    const fallback = typeof preset === 'function' ? preset(this.machine) : preset;
    return (this.#given[key]?.value ?? fallback) as SettingValue<K>;
  }

  /** Says `message` where somebody wrote the value; a preset is never wrong. */
  refuse<K extends SettingKey>(
    given: Given<SettingValue<K>> | undefined,
    message: string,
    path: PropertyKey[] = [],
  ): void {
    if (given !== undefined) this.problems.push({ ...given.at(...path), message });
  }
}

/** Half of the files would be all of them: every request needs a client's and an endpoint's connection. */
const FILE_SHARE = 0.45;
const CONNECTIONS_AT_LEAST = 64;
const CONNECTIONS_AT_MOST = 1_000_000;

function connectionLimit(choice: Choice): number {
  const share = Math.floor((choice.machine.fileLimit * FILE_SHARE) / choice.value('shards'));
  const preset = Math.min(Math.max(share, CONNECTIONS_AT_LEAST), CONNECTIONS_AT_MOST);
  return choice.given('connectionLimit')?.value ?? preset;
}

/** What stands in the settings file counts from there, everything else from where the program was started. */
function absolutePath(choice: Choice, key: PathKey, around: Surroundings): string | undefined {
  const given = choice.given(key);
  if (given === undefined) return undefined;
  const origin = given.at();
  const from = origin.from === 'file' ? resolve(around.directory, origin.file, '..') : around.directory;
  return resolve(from, given.value);
}

type PathKey = 'manifests' | 'kubeconfig' | 'stateDir';

function manifests(choice: Choice, around: Surroundings): string | undefined {
  const folder = absolutePath(choice, 'manifests', around);
  if (folder !== undefined && !around.isFolder(folder)) {
    choice.refuse(choice.given('manifests'), `must be a folder that can be read; ${folder} is none`);
  }
  return folder;
}

function publishService(choice: Choice): Settings['publishService'] {
  const text = choice.given('publishService')?.value;
  if (text === undefined) return undefined;
  const [namespace, name] = text.split('/');
  return { namespace, name };
}

function defaultBackend(choice: Choice): Settings['defaultBackend'] {
  const text = choice.given('defaultBackend')?.value;
  if (text === undefined) return undefined;
  const [namespace, service, port] = text.split(/[/:]/);
  return { namespace, service, port: /^\d+$/.test(port) ? Number(port) : port };
}

function refuseWhatIsNotThere(choice: Choice): void {
  if (choice.value('engine') === 'uws') {
    choice.refuse(choice.given('engine'), 'the engine uws is not in this version; leave it out or say node');
  }
  choice.refuse(choice.given('httpsPort'), 'TLS is not in this version, so no https port can be opened; leave it out');
}

/** Values that are well formed each and do not go together. */
function refuseContradictions(choice: Choice): void {
  if (choice.value('kubernetes') && choice.given('manifests') !== undefined) {
    choice.refuse(choice.given('manifests'), 'is one source and kubernetes another; say only one of them');
  }
  if (choice.value('namespaces').length > 0 && choice.given('namespaceSelector') !== undefined) {
    choice.refuse(
      choice.given('namespaceSelector'),
      'chooses namespaces, and so does namespaces; say only one of them',
    );
  }
  const pairs = [
    ['targetLimitBytes', 'headLimitBytes'],
    ['folderQuietMs', 'folderMaxWaitMs'],
  ] as const;
  for (const [small, large] of pairs) {
    if (choice.value(small) <= choice.value(large)) continue;
    const message = `${small} (${choice.value(small)}) must not be more than ${large} (${choice.value(large)})`;
    choice.refuse(choice.given(small) ?? choice.given(large), message);
  }
}

/** What stands in `Settings` as somebody gave it. */
const plainKeys = [
  'shards',
  'kubernetes',
  'kubeContext',
  'namespaces',
  'namespaceSelector',
  'labelSelector',
  'secretScope',
  'publishIntervalMs',
  'role',
  'leaderHosts',
  'leaseNamespace',
  'leaseName',
  'updateStatus',
  'publishAddress',
  'publishInternalAddresses',
  'writeEvents',
  'ingressClass',
  'controller',
  'allowExternalName',
  'preStopMs',
  'graceMs',
  'headTimeoutMs',
  'idleTimeoutMs',
  'pressureIdleMs',
  'bodyTimeoutMs',
  'minRateBytesPerSecond',
  'headLimitBytes',
  'targetLimitBytes',
  'headerLimit',
  'bodyLimitBytes',
  'trustedProxies',
  'forwardedHeader',
  'reasonHeader',
  'connectTimeoutMs',
  'answerTimeoutMs',
  'upstreamIdleMs',
  'upstreamMaxAgeMs',
  'upstreamConnectionLimit',
  'upstreamQueueLimit',
  'upstreamQueueMs',
  'ejectAfterFailures',
  'ejectMaxMs',
  'retryBudgetPercent',
  'tunnelIdleMs',
  'folderQuietMs',
  'folderMaxWaitMs',
  'folderPollMs',
  'logLevel',
] as const;

type PlainSettings = { readonly [K in (typeof plainKeys)[number]]: SettingValue<K> };

const asGiven = (choice: Choice): PlainSettings =>
  Object.fromEntries(plainKeys.map((key) => [key, choice.value(key)])) as unknown as PlainSettings;

/** Checked values of all sources → one Settings, and what cannot be used of them. */
export function settle(
  given: GivenSettings,
  around: Surroundings,
): { settings: Settings; problems: SettingsProblem[] } {
  const choice = new Choice(given, around.machine);
  refuseWhatIsNotThere(choice);
  refuseContradictions(choice);
  const settings: Settings = {
    ...asGiven(choice),
    ...settleListeners(choice),
    manifests: manifests(choice, around),
    kubeconfig: absolutePath(choice, 'kubeconfig', around),
    stateDir: absolutePath(choice, 'stateDir', around),
    publishService: publishService(choice),
    defaultBackend: defaultBackend(choice),
    connectionLimit: connectionLimit(choice),
  };
  return { settings, problems: choice.problems };
}

import type { z } from 'zod';
import type { Machine } from './machine.ts';
import {
  addressBlocks,
  choice,
  controllerName,
  ipAddress,
  listenerList,
  milliseconds,
  objectName,
  onOff,
  path,
  port,
  serviceReference,
  wholeNumber,
} from './value-schemas.ts';

export const settingGroups = [
  'Source',
  'Listeners',
  'Kubernetes',
  'Stopping',
  'Clients',
  'Upstreams',
  'Other',
] as const;

/** One row: everything that flags, variables, the file, the JSON Schema and the documents say of a setting. */
export interface Setting {
  readonly group: (typeof settingGroups)[number];
  /** What a flag's value is called in the help; '' for a switch. */
  readonly sign: string;
  readonly schema: z.ZodType;
  /** undefined: nothing is set; a function where the machine decides. */
  readonly preset: unknown | ((machine: Machine) => unknown);
  /** Said instead of the preset. */
  readonly presetText?: string;
  readonly help: string;
  /** A list that no flag and no variable can say. */
  readonly fileOnly?: true;
  /** Names the file itself. */
  readonly notInFile?: true;
}

/** The one table. Keys are camelCase; the flag and the variable follow from the key (`setting-names.ts`). */
export const settingTable = {
  settings: {
    group: 'Source',
    sign: 'FILE',
    schema: path,
    preset: undefined,
    help: 'settings file (YAML)',
    notInFile: true,
  },
  manifests: {
    group: 'Source',
    sign: 'DIR',
    schema: path,
    preset: undefined,
    presetText: 'the sample',
    help: 'folder of Kubernetes manifests to serve; in the settings file relative to that file',
  },
  kubernetes: {
    group: 'Source',
    sign: '',
    schema: onOff,
    preset: false,
    help: 'a cluster as the source; not in this version',
  },
  host: {
    group: 'Listeners',
    sign: 'ADDR',
    schema: ipAddress(),
    preset: (machine: Machine) => (machine.ipv6 ? '::' : '0.0.0.0'),
    presetText: 'all addresses',
    help: 'IP address of the listeners http and https; `::` takes IPv6 and IPv4',
  },
  httpPort: {
    group: 'Listeners',
    sign: 'N',
    schema: port,
    preset: 8080,
    help: 'port of the listener http; 0: the kernel chooses',
  },
  httpsPort: {
    group: 'Listeners',
    sign: 'N',
    schema: port,
    preset: 8443,
    help: 'port of the listener https, which is opened when TLS arrives; not in this version',
  },
  engine: {
    group: 'Listeners',
    sign: 'ENGINE',
    schema: choice('node', 'uws'),
    preset: 'node',
    help: 'engine of the listeners http and https: node or uws; uws is not in this version',
  },
  listeners: {
    group: 'Listeners',
    sign: 'LIST',
    schema: listenerList,
    preset: undefined,
    presetText: 'the listener http',
    help: 'list of name, address, port, engine, tls, proxyProtocol, from, instead of the flat settings above',
    fileOnly: true,
  },
  adminHost: {
    group: 'Listeners',
    sign: 'ADDR',
    schema: ipAddress(),
    preset: '127.0.0.1',
    help: 'IP address of the admin port (health, metrics, /api)',
  },
  adminPort: {
    group: 'Listeners',
    sign: 'N',
    schema: port,
    preset: 9090,
    help: 'admin port; 0: the kernel chooses',
  },
  shards: {
    group: 'Listeners',
    sign: 'N',
    schema: wholeNumber(1, 256),
    preset: (machine: Machine) => Math.min(machine.cores, 256),
    presetText: 'one per core',
    help: 'worker threads that carry traffic',
  },
  ingressClass: {
    group: 'Kubernetes',
    sign: 'NAME',
    schema: objectName,
    preset: 'komainu',
    help: 'IngressClass whose Ingresses are served',
  },
  controller: {
    group: 'Kubernetes',
    sign: 'NAME',
    schema: controllerName,
    preset: 'komainu.dev/ingress-controller',
    help: 'spec.controller of the IngressClasses that are ours',
  },
  defaultBackend: {
    group: 'Kubernetes',
    sign: 'NAMESPACE/SERVICE:PORT',
    schema: serviceReference,
    preset: undefined,
    presetText: 'none, so 404',
    help: 'Service that takes what no rule takes',
  },
  allowExternalName: {
    group: 'Kubernetes',
    sign: '',
    schema: onOff,
    preset: false,
    help: 'forward to Services of type ExternalName, so to any name that their author writes',
  },
  preStopMs: {
    group: 'Stopping',
    sign: 'MS',
    schema: milliseconds(0),
    preset: 5_000,
    help: 'after SIGTERM: not ready, but still accepting, for this long',
  },
  graceMs: {
    group: 'Stopping',
    sign: 'MS',
    schema: milliseconds(0),
    preset: 20_000,
    help: 'then: what still runs may finish in this time',
  },
  headTimeoutMs: {
    group: 'Clients',
    sign: 'MS',
    schema: milliseconds(),
    preset: 10_000,
    help: 'a whole request head must arrive in this time',
  },
  idleTimeoutMs: {
    group: 'Clients',
    sign: 'MS',
    schema: milliseconds(),
    preset: 75_000,
    help: 'a kept-alive connection without a request is closed',
  },
  pressureIdleMs: {
    group: 'Clients',
    sign: 'MS',
    schema: milliseconds(),
    preset: 5_000,
    help: 'the same while nearly all of the connections that are allowed are open',
  },
  bodyTimeoutMs: {
    group: 'Clients',
    sign: 'MS',
    schema: milliseconds(),
    preset: 60_000,
    help: 'a body, either way, that makes no progress is given up',
  },
  minRateBytesPerSecond: {
    group: 'Clients',
    sign: 'BYTES',
    schema: wholeNumber(0, 1_000_000_000),
    preset: 240,
    help: 'a body, either way, whose client is slower on average is given up; 0: any speed',
  },
  headLimitBytes: {
    group: 'Clients',
    sign: 'BYTES',
    schema: wholeNumber(1_024, 1_048_576),
    preset: 32_768,
    help: 'largest head, request line included',
  },
  targetLimitBytes: {
    group: 'Clients',
    sign: 'BYTES',
    schema: wholeNumber(256, 65_536),
    preset: 8_192,
    help: 'longest request target',
  },
  headerLimit: {
    group: 'Clients',
    sign: 'N',
    schema: wholeNumber(1, 1_000),
    preset: 100,
    help: 'header lines a head may have',
  },
  bodyLimitBytes: {
    group: 'Clients',
    sign: 'BYTES',
    schema: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    preset: 0,
    presetText: '0, no limit',
    help: 'largest request body',
  },
  connectionLimit: {
    group: 'Clients',
    sign: 'N',
    schema: wholeNumber(1, 1_000_000),
    preset: undefined,
    presetText: '45 % of the open-file limit, divided by the shards',
    help: 'client connections per shard',
  },
  trustedProxies: {
    group: 'Clients',
    sign: 'LIST',
    schema: addressBlocks,
    preset: [],
    presetText: 'none',
    help: 'addresses and blocks of proxies in front whose X-Forwarded-* and Forwarded lines are believed',
  },
  forwardedHeader: {
    group: 'Clients',
    sign: '',
    schema: onOff,
    preset: false,
    help: 'tell endpoints about the client in `Forwarded` (RFC 7239) too',
  },
  reasonHeader: {
    group: 'Clients',
    sign: '',
    schema: onOff,
    preset: false,
    help: 'answers of our own say why in `x-komainu-reason`',
  },
  connectTimeoutMs: {
    group: 'Upstreams',
    sign: 'MS',
    schema: milliseconds(),
    preset: 5_000,
    help: 'connecting to an endpoint',
  },
  answerTimeoutMs: {
    group: 'Upstreams',
    sign: 'MS',
    schema: milliseconds(),
    preset: 60_000,
    help: 'from the whole request sent to the head of the answer',
  },
  upstreamIdleMs: {
    group: 'Upstreams',
    sign: 'MS',
    schema: milliseconds(),
    preset: 30_000,
    help: 'an unused upstream connection is kept this long',
  },
  upstreamMaxAgeMs: {
    group: 'Upstreams',
    sign: 'MS',
    schema: milliseconds(),
    preset: 600_000,
    help: 'an upstream connection older than this is not used again',
  },
  upstreamConnectionLimit: {
    group: 'Upstreams',
    sign: 'N',
    schema: wholeNumber(1, 1_000_000),
    preset: 1_024,
    help: 'connections to one endpoint, per shard; upgraded ones are not counted',
  },
  upstreamQueueLimit: {
    group: 'Upstreams',
    sign: 'N',
    schema: wholeNumber(0, 1_000_000),
    preset: 1_024,
    help: 'requests that may wait for a connection to one endpoint, per shard',
  },
  upstreamQueueMs: {
    group: 'Upstreams',
    sign: 'MS',
    schema: milliseconds(),
    preset: 5_000,
    help: 'how long they may wait',
  },
  ejectAfterFailures: {
    group: 'Upstreams',
    sign: 'N',
    schema: wholeNumber(0, 1_000_000),
    preset: 5,
    help: 'failures in a row (no answer, or 5xx) after which an endpoint is left out; 0: never',
  },
  ejectMaxMs: {
    group: 'Upstreams',
    sign: 'MS',
    schema: wholeNumber(100, 600_000),
    preset: 800,
    help: 'longest time it is left out before one request may try it again; the first time is 100',
  },
  retryBudgetPercent: {
    group: 'Upstreams',
    sign: 'N',
    schema: wholeNumber(0, 100),
    preset: 20,
    help: 'share of requests that may be sent to an endpoint once more',
  },
  tunnelIdleMs: {
    group: 'Upstreams',
    sign: 'MS',
    schema: milliseconds(),
    preset: 3_600_000,
    help: 'an upgraded connection (WebSocket) without a byte either way is closed; after bodyTimeoutMs when one side has ended',
  },
  folderQuietMs: {
    group: 'Other',
    sign: 'MS',
    schema: milliseconds(0),
    preset: 20,
    help: 'the folder is read again when nothing changed in it for this long',
  },
  folderMaxWaitMs: {
    group: 'Other',
    sign: 'MS',
    schema: milliseconds(),
    preset: 200,
    help: 'and at the latest this long after the first change',
  },
  folderPollMs: {
    group: 'Other',
    sign: 'MS',
    schema: milliseconds(100),
    preset: 30_000,
    help: 'the folder is looked through this often where the kernel tells nothing',
  },
  logLevel: {
    group: 'Other',
    sign: 'LEVEL',
    schema: choice('debug', 'info', 'warn', 'error'),
    preset: 'info',
    help: 'least level that is logged: debug, info, warn or error',
  },
} as const satisfies Record<string, Setting>;

export type SettingKey = keyof typeof settingTable;
export type SettingValue<K extends SettingKey> = z.output<(typeof settingTable)[K]['schema']>;

export const settingKeys = Object.keys(settingTable) as readonly SettingKey[];

export const settingOf = (key: SettingKey): Setting => settingTable[key];

export const isSettingKey = (key: string): key is SettingKey => Object.hasOwn(settingTable, key);

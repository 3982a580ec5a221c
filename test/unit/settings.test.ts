import { expect, test } from 'vitest';
import { problemText } from '../../src/settings/given.ts';
import { readSettings, type SettingsSources, toShardSettings } from '../../src/settings.ts';

const machine = { cores: 4, fileLimit: 20_000, ipv6: true };

const sources = (said: Partial<SettingsSources> & { file?: string }): SettingsSources => ({
  flags: said.file === undefined ? {} : { settings: 'etc/komainu.yaml' },
  environment: {},
  machine,
  directory: '/home/me',
  isFolder: () => true,
  readText: () => said.file ?? '',
  ...said,
});

function settingsOf(said: Parameters<typeof sources>[0]) {
  const result = readSettings(sources(said));
  if (!result.ok) throw new Error(result.problems.map(problemText).join('\n'));
  return result.settings;
}

function problemsOf(said: Parameters<typeof sources>[0]): string[] {
  const result = readSettings(sources(said));
  return result.ok ? [] : result.problems.map(problemText);
}

const inFile = (file: string) => problemsOf({ file });

test('nothing said gives one http listener on all addresses, the admin port on loopback and a shard per core', () => {
  const settings = settingsOf({});
  expect(settings.listeners).toEqual([
    {
      name: 'http',
      address: '::',
      port: 8080,
      engine: 'node',
      tls: false,
      proxyProtocol: 'off',
      proxyProtocolFrom: [],
    },
  ]);
  expect(settings).toMatchObject({ adminAddress: '127.0.0.1', adminPort: 9090, shards: 4, manifests: undefined });
  expect(settings).toMatchObject({ preStopMs: 5000, graceMs: 20_000, bodyLimitBytes: 0, logLevel: 'info' });
});

test('a list of address blocks is comma-separated in a flag and each block is judged', () => {
  expect(settingsOf({ flags: { trustedProxies: '10.0.0.0/8, fd00::/8,192.0.2.1' } }).trustedProxies).toEqual([
    '10.0.0.0/8',
    'fd00::/8',
    '192.0.2.1',
  ]);
  expect(problemsOf({ flags: { trustedProxies: '10.0.0.0/33' } })).toEqual([
    '--trusted-proxies: must be an IP address or a block such as 10.0.0.0/8 or fd00::/8, not "10.0.0.0/33"',
  ]);
  expect(problemsOf({ flags: { trustedProxies: 'fe80::1%eth0' } })).toHaveLength(1);
});

test('without IPv6 all addresses are those of IPv4', () => {
  expect(settingsOf({ machine: { ...machine, ipv6: false } }).listeners[0].address).toBe('0.0.0.0');
});

test('the connection limit is 45 % of the open-file limit, shared by the shards, and stays in bounds', () => {
  const limit = (fileLimit: number, shards: string) =>
    settingsOf({ machine: { ...machine, fileLimit }, flags: { shards } }).connectionLimit;
  expect(limit(20_000, '2')).toBe(4500);
  expect(limit(Number.POSITIVE_INFINITY, '2')).toBe(1_000_000);
  expect(limit(100, '8')).toBe(64);
  expect(settingsOf({ flags: { connectionLimit: '7' } }).connectionLimit).toBe(7);
});

test('a flag outranks a variable, a variable the file, the file the preset', () => {
  const file = 'graceMs: 1\npreStopMs: 1\nheadTimeoutMs: 1\n';
  const environment = { KOMAINU_GRACE_MS: '2', KOMAINU_PRE_STOP_MS: '2' };
  const settings = settingsOf({ file, environment, flags: { settings: 'x.yaml', graceMs: '3' } });
  expect(settings).toMatchObject({ graceMs: 3, preStopMs: 2, headTimeoutMs: 1, idleTimeoutMs: 75_000 });
});

test('settings are frozen to the bottom', () => {
  const settings = settingsOf({ flags: { defaultBackend: 'shop/web:http' } });
  expect(Object.isFrozen(settings)).toBe(true);
  expect(Object.isFrozen(settings.listeners)).toBe(true);
  expect(Object.isFrozen(settings.listeners[0])).toBe(true);
  expect(Object.isFrozen(settings.defaultBackend)).toBe(true);
});

test('a variable can name the settings file', () => {
  expect(settingsOf({ environment: { KOMAINU_SETTINGS: 'k.yaml' }, readText: () => 'shards: 9' }).shards).toBe(9);
});

test('a settings file that cannot be read is a problem of whoever named it', () => {
  const readText = () => {
    throw new Error('ENOENT: no such file');
  };
  expect(problemsOf({ flags: { settings: 'k.yaml' }, readText })).toEqual([
    '--settings: cannot read the settings file: ENOENT: no such file',
  ]);
});

test('problems of flags, variables and the file are reported at once, with name, or file, line and key', () => {
  const problems = problemsOf({
    flags: { settings: 'etc/komainu.yaml', httpPort: 'abc', shards: '0' },
    environment: { KOMAINU_LOG_LEVEL: 'loud', KOMAINU_ALLOW_EXTERNAL_NAME: 'yes' },
    file: '# mine\ngraceMs: soon\n\nadminPort: 70000\nhttpPrt: 1\n',
  });
  expect(problems).toEqual([
    '--http-port: must be a whole number from 0 to 65535, not "abc"',
    '--shards: must be a whole number from 1 to 256, not 0',
    'KOMAINU_ALLOW_EXTERNAL_NAME: must be true or false, not "yes"',
    'KOMAINU_LOG_LEVEL: must be debug, info, warn or error, not "loud"',
    'etc/komainu.yaml:2: graceMs: must be a whole number from 0 to 86400000, not "soon"',
    'etc/komainu.yaml:4: adminPort: must be a whole number from 0 to 65535, not 70000',
    'etc/komainu.yaml:5: httpPrt: is no setting; did you mean httpPort?',
  ]);
});

test('a wrong value is reported even where a flag outranks it', () => {
  expect(problemsOf({ file: 'shards: many', flags: { settings: 'k.yaml', shards: '2' } })).toHaveLength(1);
});

test('a file that is no YAML, or no map, says so with its line', () => {
  expect(inFile('shards: [1\n')).toEqual([expect.stringMatching(/^etc\/komainu.yaml:\d+: Flow sequence/)]);
  expect(inFile('- 1\n')).toEqual(['etc/komainu.yaml:1: must be settings, each as `key: value`']);
  expect(inFile('shards: 1\nshards: 2\n')).toEqual([expect.stringMatching(/^etc\/komainu.yaml:2: .*unique/)]);
  expect(inFile('')).toEqual([]);
  expect(inFile('# only words\n')).toEqual([]);
});

test('hostile files are data: __proto__, multiplied aliases, aliases to nothing, long keys', () => {
  expect(inFile('__proto__: { shards: 1 }')).toEqual(['etc/komainu.yaml:1: __proto__: is no setting']);
  expect(inFile('constructor: 1')).toEqual(['etc/komainu.yaml:1: constructor: is no setting']);
  expect(inFile('shards: *nobody')).toHaveLength(1);
  expect(inFile(`${'k'.repeat(65_536)}: 1`)).toHaveLength(1);
  expect(inFile('shards: &a [*a]')).toEqual([
    'etc/komainu.yaml:1: shards: must be a whole number from 1 to 256, not something that contains itself',
  ]);
  expect(inFile('"\\e[2J\\n": 1')).toEqual(['etc/komainu.yaml:1: \\u001b[2J\\u000a: is no setting']);
  const bomb = `ingressClass: &a [x, x, x, x, x, x, x, x, x, x]\nlogLevel: &b [${'*a, '.repeat(30)}]\nhost: [${'*b, '.repeat(30)}]\n`;
  expect(inFile(bomb)).toHaveLength(3);
});

test('a key without a value is a problem, an empty variable is not set', () => {
  expect(inFile('shards:\n')).toEqual([
    'etc/komainu.yaml:1: shards: must be a whole number from 1 to 256, not nothing',
  ]);
  expect(settingsOf({ environment: { KOMAINU_SHARDS: '' } }).shards).toBe(4);
});

test('variables that Kubernetes sets for Services named komainu and komainu-http are not taken for settings', () => {
  const environment = {
    KOMAINU_PORT: 'tcp://10.0.0.1:80',
    KOMAINU_SERVICE_HOST: '10.0.0.1',
    KOMAINU_SERVICE_PORT_HTTP: '80',
    KOMAINU_HTTP_PORT: 'tcp://10.0.0.2:80',
    KOMAINU_HTTP_PORT_80_TCP_ADDR: '10.0.0.2',
    KOMAINU_HTTP_SERVICE_HOST: '10.0.0.2',
    KOMAINU_ADMIN_SERVICE_HOST: '10.0.0.3',
  };
  expect(settingsOf({ environment }).listeners[0].port).toBe(8080);
});

test('a variable that nearly has the name of a setting is a problem, a stranger is not', () => {
  expect(problemsOf({ environment: { KOMAINU_SHARD: '2', KOMAINU_RELEASE_CHANNEL: 'x' } })).toEqual([
    'KOMAINU_SHARD: is no setting; did you mean KOMAINU_SHARDS?',
  ]);
});

test('what is not in this version is refused with a sentence each', () => {
  const problems = problemsOf({
    flags: { settings: 'k.yaml', httpsPort: '8443', engine: 'uws' },
    file: 'listeners:\n  - { name: http, port: 80, engine: uws }\n  - name: https\n    port: 443\n    tls: true\n',
  });
  expect(problems).toEqual([
    expect.stringMatching(/^--engine: the engine uws is not in this version/),
    expect.stringMatching(/^--https-port: TLS is not in this version/),
    expect.stringMatching(/^k.yaml:2: listeners\[0\].engine: the engine uws is not in this version/),
    expect.stringMatching(/^k.yaml:5: listeners\[1\].tls: TLS is not in this version/),
  ]);
});

test('--no-kubernetes and engine node are allowed', () => {
  expect(problemsOf({ flags: { kubernetes: false, engine: 'node' } })).toEqual([]);
});

test('a cluster and a folder are not served together, nor namespaces chosen in two ways', () => {
  const flags = { manifests: '/', kubernetes: true, namespaces: 'a, b', namespaceSelector: 'team in (x, y),!old' };
  expect(problemsOf({ flags })).toEqual([
    '--manifests: is one source and kubernetes another; say only one of them',
    '--namespace-selector: chooses namespaces, and so does namespaces; say only one of them',
  ]);
});

test('what is said of a cluster is checked', () => {
  const flags = { namespaces: 'A', labelSelector: 'a in (', publishService: 'web', publishAddress: '-', role: 'boss' };
  expect(problemsOf({ flags })).toEqual([
    '--namespaces: must be the name of a namespace, not "A"',
    '--label-selector: must be a label selector such as team=shop,stage!=test, not "a in ("',
    '--publish-service: must be NAMESPACE/NAME, not "web"',
    '--publish-address: must be an IP address or a host name in small letters, not "-"',
    '--role: must be all, leader or worker, not "boss"',
  ]);
  const settings = settingsOf({ flags: { publishService: 'a/b', publishAddress: '192.0.2.1,lb.example' } });
  expect(settings.publishService).toEqual({ namespace: 'a', name: 'b' });
  expect(settings.publishAddress).toEqual(['192.0.2.1', 'lb.example']);
});

test('a listener with the PROXY protocol names who may speak it, and only such a listener does', () => {
  const listener = (rest: string) => `listeners:\n  - name: web\n    port: 80\n${rest}`;
  const file = listener('    proxyProtocol: required\n    from: [10.0.0.0/8, 192.0.2.1]\n');
  expect(settingsOf({ flags: { settings: 'k.yaml' }, file }).listeners[0]).toMatchObject({
    proxyProtocol: 'required',
    proxyProtocolFrom: ['10.0.0.0/8', '192.0.2.1'],
  });
  const problems = (rest: string) => problemsOf({ flags: { settings: 'k.yaml' }, file: listener(rest) });
  const silent =
    'k.yaml:4: listeners[0].proxyProtocol: needs `from`: the addresses or blocks of the proxies that may connect, such as [10.0.0.0/8]';
  expect(problems('    proxyProtocol: required\n')).toEqual([silent]);
  expect(problems('    proxyProtocol: required\n    from: []\n')).toEqual([silent]);
  const idle = 'listeners[0].from: means something only with `proxyProtocol: required`; leave it out';
  expect(problems('    from: [10.0.0.0/8]\n')).toEqual([`k.yaml:4: ${idle}`]);
  expect(problems('    proxyProtocol: "off"\n    from: []\n')).toEqual([`k.yaml:5: ${idle}`]);
  expect(problems('    proxyProtocol: off\n')).toEqual([]);
});

test('the list of listeners takes the place of the usual one', () => {
  const file = 'listeners:\n  - { name: inner, address: 127.0.0.1, port: 81 }\n  - { name: outer, port: 80 }\n';
  expect(settingsOf({ file }).listeners.map((l) => [l.name, l.address, l.port])).toEqual([
    ['inner', '127.0.0.1', 81],
    ['outer', '::', 80],
  ]);
});

test('flat flags and variables outrank the entry that they mean', () => {
  const file = 'listeners:\n  - { name: http, address: 127.0.0.1, port: 81 }\n  - { name: other, port: 82 }\n';
  const settings = settingsOf({
    file,
    flags: { settings: 'k', httpPort: '0' },
    environment: { KOMAINU_HOST: '127.0.0.2' },
  });
  expect(settings.listeners.map((l) => [l.name, l.address, l.port])).toEqual([
    ['http', '127.0.0.2', 0],
    ['other', '::', 82],
  ]);
});

test('a flat setting that means no entry, or stands beside the list in the file, is a problem', () => {
  const list = 'listeners:\n  - { name: web, port: 81 }\n';
  expect(problemsOf({ file: list, flags: { settings: 'k', httpPort: '80' } })).toEqual([
    '--http-port: --http-port means the listener http, and `listeners` has none of that name',
  ]);
  expect(inFile(`httpPort: 80\n${list}`)).toEqual([
    'etc/komainu.yaml:1: httpPort: is the short form of an entry of `listeners`; say it there, not twice',
  ]);
});

test('problems inside the list name their line and key', () => {
  const file =
    'listeners:\n  - name: http\n    prot: 80\n    port: 1\n  - name: Two\n    address: localhost\n    port: -1\n';
  expect(inFile(file)).toEqual([
    'etc/komainu.yaml:3: listeners[0].prot: is no key of a listener; did you mean port?',
    'etc/komainu.yaml:5: listeners[1].name: must be a name of small letters, digits and hyphens, not "Two"',
    'etc/komainu.yaml:6: listeners[1].address: must be an IP address such as 127.0.0.1, 0.0.0.0 or ::, not "localhost"',
    'etc/komainu.yaml:7: listeners[1].port: must be a whole number from 0 to 65535, not -1',
  ]);
  expect(inFile('listeners: []')).toEqual(['etc/komainu.yaml:1: listeners: must have at least one listener']);
  expect(inFile('listeners:\n  - name: a\n')).toEqual([
    'etc/komainu.yaml:2: listeners[0].port: must be a whole number from 0 to 65535, not nothing',
  ]);
});

test('two listeners cannot share a name or a place, nor the admin port theirs', () => {
  const file =
    'listeners:\n  - { name: a, port: 80 }\n  - { name: a, port: 81 }\n  - { name: b, address: 127.0.0.1, port: 80 }\n';
  expect(inFile(file)).toEqual([
    'etc/komainu.yaml:3: listeners[1].name: an earlier listener is called a too',
    'etc/komainu.yaml:4: listeners[2].port: port 80 belongs to the listener a already',
  ]);
  expect(problemsOf({ flags: { httpPort: '9090' } })).toEqual([
    '--http-port: port 9090 is wanted by the listener http and by the admin port',
  ]);
  expect(problemsOf({ flags: { httpPort: '0', adminPort: '0' } })).toEqual([]);
});

test('limits that contradict each other are refused where one of them is said', () => {
  expect(problemsOf({ flags: { headLimitBytes: '4096' } })).toEqual([
    '--head-limit-bytes: targetLimitBytes (8192) must not be more than headLimitBytes (4096)',
  ]);
});

test('a relative folder counts from the working directory, in the file from the file', () => {
  expect(settingsOf({ flags: { manifests: 'routes' } }).manifests).toBe('/home/me/routes');
  expect(settingsOf({ file: 'manifests: ./routes' }).manifests).toBe('/home/me/etc/routes');
  expect(settingsOf({ file: 'manifests: /srv/routes' }).manifests).toBe('/srv/routes');
});

test('a folder that is none is a problem', () => {
  expect(problemsOf({ flags: { manifests: 'routes' }, isFolder: () => false })).toEqual([
    '--manifests: must be a folder that can be read; /home/me/routes is none',
  ]);
});

test('the default backend is read into its parts', () => {
  expect(settingsOf({ flags: { defaultBackend: 'shop/web:http' } }).defaultBackend).toEqual({
    namespace: 'shop',
    service: 'web',
    port: 'http',
  });
  expect(settingsOf({ flags: { defaultBackend: 'shop/web:80' } }).defaultBackend?.port).toBe(80);
  expect(problemsOf({ flags: { defaultBackend: 'web:80' } })).toEqual([
    '--default-backend: must be NAMESPACE/SERVICE:PORT, not "web:80"',
  ]);
});

test('a shard gets its settings and nothing else', () => {
  const part = toShardSettings(settingsOf({}));
  expect(structuredClone(part)).toEqual(part);
  expect(part).not.toHaveProperty('manifests');
  expect(part).toMatchObject({
    headTimeoutMs: 10_000,
    headLimitBytes: 32_768,
    headerLimit: 100,
    connectTimeoutMs: 5000,
  });
});

import assert from 'node:assert/strict';
import { parse } from 'yaml';
import type { Dice } from '../../src/base/dice.ts';
import { readCommandLine } from '../../src/cli/command-line.ts';
import { commands } from '../../src/cli/commands.ts';
import { oneLine } from '../../src/model/quoted.ts';
import { shardSettingKeys } from '../../src/model/shard-settings.ts';
import { problemText, type SettingsProblem } from '../../src/settings/given.ts';
import { flagOf, variableOf } from '../../src/settings/setting-names.ts';
import { type SettingKey, settingKeys, settingOf } from '../../src/settings/setting-table.ts';
import { readSettings, type Settings, toShardSettings } from '../../src/settings.ts';
import { mutated, oneOf } from '../unit/data/http1/head-corpus.ts';
import { fuzz, someBase } from './fuzzing.ts';

/** An input: words of the command line, variables and the file, a line each, with this line between them. */
const BETWEEN = '%%';

const machine = { cores: 4, fileLimit: 20_000, ipv6: true };
const FILE = 'etc/k.yaml';
/** Of processor time, which a busy machine does not use up. */
const READ_LIMIT_MS = 2000;

// ── Inputs ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const values =
  `0 1 2 80 443 5000 8080 32768 65535 65536 86400000 86400001 9007199254740993 -1 -0 1.5 1e3 0x10 0o17 010 +5 5s 1_000
  true false yes no on off True null ~ "" "1" '8080' .inf .nan 2020-01-01 12:30:45 node uws debug info warn error loud komainu a.b.c
  127.0.0.1 :: ::1 0.0.0.0 localhost 10.0.0.0/8 fd00::/8 10.0.0.0/33 example.com/name shop/web:http shop/web:80 ./manifests /missing
  [] {} [1,2] [10.0.0.0/8,::1] {a:b} *a &a !!str !!binary !!js/function <<: | > - ? @ % \` "\\u0000" "\\e[31m" 😀 \u0085 \u2028`.split(
    /\s+/,
  );

const good: Partial<Record<SettingKey, readonly string[]>> = {
  host: ['127.0.0.1', '"::"'],
  engine: ['node'],
  kubernetes: ['false'],
  allowExternalName: ['true', 'false'],
  reasonHeader: ['true'],
  forwardedHeader: ['false'],
  logLevel: ['warn', 'debug'],
  ingressClass: ['komainu', 'a.b'],
  controller: ['example.com/x'],
  defaultBackend: ['shop/web:80', 'shop/web:http'],
  trustedProxies: ['[10.0.0.0/8]', '[]'],
  manifests: ['./routes'],
  adminHost: ['127.0.0.1'],
};

/** Mostly what a person means by it. */
const valueFor = (dice: Dice, key: SettingKey) =>
  dice.below(16) === 0 ? oneOf(dice, values) : oneOf(dice, good[key] ?? ['1', '9', '300', '1024', '20000']);

const inTexts = settingKeys.filter((key) => !settingOf(key).fileOnly && key !== 'settings' && key !== 'httpsPort');
const inFile = [
  ...inTexts,
  ...inTexts,
  'listeners',
  'settings',
  '__proto__',
  'constructor',
  'toString',
  'shard',
] as const;

const listenerParts = [
  'name: http',
  'name: https',
  'name: web',
  'port: 80',
  'port: 0',
  'address: 127.0.0.1',
  'engine: node',
  'tls: false',
  'proxyProtocol: required',
  'proxyProtocol: "off"',
  'from: [10.0.0.0/8]',
  'prot: 1',
  '__proto__: {tls: true}',
  'port: "80"',
];

const listener = (dice: Dice) =>
  `{ ${[`name: l${dice.below(3)}`, `port: ${dice.below(4)}`, ...some(dice, listenerParts, 3)].join(', ')} }`;

const some = <T>(dice: Dice, list: readonly T[], most: number): T[] =>
  Array.from({ length: dice.below(most + 1) }, () => oneOf(dice, list));

function fileLine(dice: Dice): string {
  const key = oneOf(dice, inFile);
  if (key === 'listeners') return `listeners: [${[listener(dice), ...some(dice, [listener(dice)], 1)].join(', ')}]`;
  const value = valueFor(dice, key as SettingKey);
  return oneOf(dice, [`${key}: ${value}`, `${key}: ${value}`, `"${key}": ${value} # why`, `${key}:\n  ${value}`]);
}

/** What files have besides keys, and what they should not have. */
const oddLines = [
  '# only words',
  '',
  '---',
  '...',
  '%YAML 1.1',
  '\ufeff',
  '\t',
  '- 1',
  '? a\n: b',
  '<<: *a',
  'x: &a [1, 2]',
  'y: &b [*a, *a, *a, *a, *a, *a]',
  'host: [*b, *b, *b, *b, *b, *b]',
  'logLevel: *nobody',
  'a: &c { c: *c }',
  '!!map {}',
  'key without colon',
  '? {a: 1}\n: 2',
  '[1, 2]: 3',
  '"\\e[2J": 1',
  '"a\\nb": 1',
];

function flagWord(dice: Dice): string {
  const key = oneOf(dice, inTexts);
  const flag = flagOf(key);
  if (settingOf(key).sign === '') return oneOf(dice, [`--${flag}`, `--no-${flag}`, `--${flag}=true`]);
  const value = valueFor(dice, key).replace(/[[\]"]/g, '');
  return oneOf(dice, [`--${flag}=${value}`, `--${flag}\n${value}`]);
}

const oddWords = [
  '--',
  '-',
  '-h',
  '--help=1',
  '--no-shards',
  '--shards',
  '--shard=1',
  '--__proto__=1',
  '--constructor=1',
  'word',
  '--settings=',
  '--http-port=-1',
  '--http-port\n-1',
  '-abc',
];

const variableLine = (dice: Dice) => {
  const key = oneOf(dice, inTexts);
  return `${variableOf(key)}=${valueFor(dice, key).replace(/[[\]"]/g, '')}`;
};

const oddVariables = [
  'KOMAINU_SHARD=2',
  'KOMAINU_=',
  'KOMAINU___PROTO__=1',
  '__proto__=1',
  'KOMAINU_HTTP_PORT=tcp://10.0.0.1:80',
  'KOMAINU_SERVICE_HOST=1',
  'KOMAINU_LISTENERS=[]',
  'PATH=/bin',
  'KOMAINU_SHARDS=',
];

/** Up to so many usual lines, and now and then an odd one among them. */
function lines(dice: Dice, usual: (dice: Dice) => string, odd: readonly string[], most: number): string[] {
  const all = Array.from({ length: dice.below(most + 1) }, () => usual(dice));
  if (dice.below(8) === 0) all.splice(dice.below(all.length + 1), 0, oneOf(dice, odd));
  return all;
}

const wholeInput = (dice: Dice) =>
  [
    ...lines(dice, flagWord, oddWords, 2),
    BETWEEN,
    ...lines(dice, variableLine, oddVariables, 2),
    BETWEEN,
    ...lines(dice, fileLine, oddLines, 4),
  ].join('\n');

// ── Judgement ────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Said {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly file: string;
}

function partsOf(text: string): Said {
  const all = text.split('\n');
  const first = all.indexOf(BETWEEN);
  const second = all.indexOf(BETWEEN, first + 1);
  if (first < 0 || second < 0) return { words: [], environment: {}, file: text };
  const variables = all.slice(first + 1, second).map((line) => line.split('=', 2) as [string, string?]);
  const environment = Object.create(null) as Record<string, string>;
  for (const [name, value = ''] of variables) environment[name] = value;
  return {
    words: all.slice(0, first).filter((word) => word !== ''),
    environment,
    file: all.slice(second + 1).join('\n'),
  };
}

/** Control bytes would let a file write on the terminal of who checks it. */
const control = /[\p{Cc}\p{Zl}\p{Zp}]/u;

const isSentence = (text: string) => text !== '' && !control.test(text);

function judgeProblem(problem: SettingsProblem, { environment, file }: Said, words: readonly string[]): void {
  assert.ok(isSentence(problemText(problem)), `is one printable line: ${JSON.stringify(problemText(problem))}`);
  assert.ok(problemText(problem).length < 7000, 'is short');
  if (problem.from === 'flag') {
    const forms = [problem.name, problem.name.replace('--', '--no-')];
    const isSaid = words.some((word) => forms.includes(word.split('=', 1)[0]!));
    assert.ok(isSaid, `names a flag that was said: ${problem.name}`);
  } else if (problem.from === 'environment') {
    assert.ok(problem.name in environment, 'names the variable');
  } else if (problem.from === 'file') {
    const count = file.split(/\r\n|\r|\n/).length;
    assert.ok(problem.line >= 1 && problem.line <= count, `names a line of the file: ${problem.line} of ${count}`);
  }
}

/** The value that must apply, from the first who says it: flag, variable, file, preset. */
function expectedOf(
  key: SettingKey,
  flags: Readonly<Record<string, unknown>>,
  variables: Said['environment'],
  written: Readonly<Record<string, unknown>>,
): unknown {
  const { preset } = settingOf(key);
  const usual = typeof preset === 'function' ? (preset as (of: typeof machine) => unknown)(machine) : preset;
  const variable = variables[variableOf(key)];
  if (key in flags) return fromText(flags[key], usual);
  const isLink = variableOf(key).endsWith('_PORT') && /^(tcp|udp|sctp):/.test(variable ?? '');
  if (variable !== undefined && variable !== '' && !isLink) return fromText(variable, usual);
  return Object.hasOwn(written, key) ? written[key] : usual;
}

function fromText(text: unknown, usual: unknown): unknown {
  if (typeof usual === 'number') return Number(text);
  if (typeof usual === 'boolean') return text === true || text === 'true';
  return Array.isArray(usual)
    ? String(text)
        .split(',')
        .map((part) => part.trim())
    : text;
}

/** Settled by more than one row, or not kept as it was given. */
const combined: ReadonlySet<string> = new Set([
  'connectionLimit',
  'manifests',
  'kubeconfig',
  'stateDir',
  'publishService',
  'defaultBackend',
  'listeners',
]);

function judgeSettings(settings: Settings, flags: Readonly<Record<string, unknown>>, said: Said): void {
  assert.deepEqual(structuredClone(toShardSettings(settings)), toShardSettings(settings), 'crosses to the threads');
  for (const key of shardSettingKeys) assert.notEqual(settings[key], undefined, key);
  assert.ok(Object.isFrozen(settings) && Object.isFrozen(settings.listeners) && settings.listeners.length > 0);
  const written = (parse(said.file, { logLevel: 'silent' }) ?? {}) as Record<string, unknown>;
  for (const key of settingKeys) {
    if (Object.hasOwn(settings, key) && !combined.has(key)) {
      assert.deepEqual(settings[key as keyof Settings], expectedOf(key, flags, said.environment, written), key);
    }
  }
}

const prototypes = [Object.prototype, Array.prototype, Function.prototype, String.prototype];
const untouched = () => prototypes.map((one) => Object.getOwnPropertyNames(one).length).join();
const asTheyWere = untouched();

function judge(text: string): boolean {
  const said = partsOf(text);
  const before = process.cpuUsage().user;
  const reading = readCommandLine(['serve', ...said.words], commands);
  if (reading.kind === 'usage') {
    assert.ok(reading.problems.length > 0);
    // The command prints them as one line; what their author typed is theirs.
    for (const problem of reading.problems) assert.ok(isSentence(oneLine(problem)));
  }
  const flags = reading.kind === 'call' ? reading.call.settings : {};
  const result = readSettings({
    flags: { settings: FILE, ...flags },
    environment: said.environment,
    machine,
    directory: '/home/me',
    isFolder: (path) => !path.includes('missing'),
    readText: () => said.file,
  });
  assert.ok(process.cpuUsage().user - before < READ_LIMIT_MS * 1000, 'is read in time');
  assert.equal(untouched(), asTheyWere, 'prototypes stay as they are');
  if (result.ok) judgeSettings(result.settings, flags, said);
  else {
    assert.ok(result.problems.length > 0);
    for (const problem of result.problems) judgeProblem(problem, said, said.words);
  }
  return result.ok && reading.kind === 'call';
}

fuzz('settings', 'no throw, problems with key and line, flag before variable before file', {
  make: (dice, kept) => {
    const base = someBase(dice, kept, wholeInput);
    return dice.below(3) > 0 ? base : mutated(dice, base, wholeInput(dice));
  },
  judge,
  leastGood: 0.1,
});

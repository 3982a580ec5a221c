import type { GivenSettings, SettingsProblem, SourceReading, ValueOrigin } from './given.ts';
import { didYouMean } from './nearest.ts';
import { flagOf, variableOf } from './setting-names.ts';
import { isSettingKey, type Setting, type SettingKey, settingKeys, settingOf } from './setting-table.ts';

/** Values of flags, by setting key; a switch is a boolean. */
export type FlagTexts = Readonly<Partial<Record<SettingKey, string | boolean>>>;

/** Text that looks like the setting's type becomes that type; whatever else is left to the schema to refuse. */
function typed(setting: Setting, text: string | boolean): unknown {
  if (setting.schema.type === 'number' && typeof text === 'string' && /^-?\d+$/.test(text)) return Number(text);
  if (setting.schema.type === 'array' && typeof text === 'string') return text.split(',').map((part) => part.trim());
  if (setting.schema.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function readTexts(texts: Iterable<readonly [SettingKey, string | boolean, ValueOrigin]>): SourceReading {
  const given: Record<string, unknown> = {};
  const problems: SettingsProblem[] = [];
  for (const [key, text, origin] of texts) {
    const judged = settingOf(key).schema.safeParse(typed(settingOf(key), text));
    if (judged.success) given[key] = { value: judged.data, at: () => origin };
    else problems.push({ ...origin, message: judged.error.issues[0].message });
  }
  return { given: given as GivenSettings, problems };
}

export const readFlags = (flags: FlagTexts): SourceReading =>
  readTexts(
    Object.entries(flags)
      .filter(([key]) => isSettingKey(key))
      .map(([key, text]) => [key as SettingKey, text, { from: 'flag', name: `--${flagOf(key as SettingKey)}` }]),
  );

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Kubernetes sets variables for every Service of a namespace: a Service `komainu-http` gives
 * `KOMAINU_HTTP_PORT=tcp://10.0.0.1:80`, which nobody wrote as a setting.
 */
const serviceLink = /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/;
const linkValue = /^(tcp|udp|sctp):\/\//;
const isServiceLink = (name: string, value: string): boolean => name.endsWith('_PORT') && linkValue.test(value);

/** Empty variables count as not set. */
export function readEnvironment(environment: Environment): SourceReading {
  const texts: [SettingKey, string, ValueOrigin][] = [];
  for (const key of settingKeys.filter((candidate) => !settingOf(candidate).fileOnly)) {
    const name = variableOf(key);
    const text = environment[name];
    if (text === undefined || text === '' || isServiceLink(name, text)) continue;
    texts.push([key, text, { from: 'environment', name }]);
  }
  const reading = readTexts(texts);
  return { given: reading.given, problems: [...reading.problems, ...misspelt(environment)] };
}

const PREFIX = 'KOMAINU_';

/** Only near misses: a strange variable may belong to somebody else. */
function misspelt(environment: Environment): SettingsProblem[] {
  const known = settingKeys
    .filter((key) => !settingOf(key).fileOnly)
    .map((key) => variableOf(key).slice(PREFIX.length));
  const problems: SettingsProblem[] = [];
  for (const name of Object.keys(environment)) {
    const rest = name.slice(PREFIX.length);
    if (!name.startsWith(PREFIX) || known.includes(rest) || serviceLink.test(name)) continue;
    const meant = didYouMean(rest, known, PREFIX);
    if (meant !== '') problems.push({ from: 'environment', name, message: `is no setting${meant}` });
  }
  return problems;
}

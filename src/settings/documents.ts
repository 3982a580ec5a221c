import { z } from 'zod';
import { flagOf, variableOf } from './setting-names.ts';
import { type Setting, type SettingKey, settingGroups, settingKeys, settingOf } from './setting-table.ts';

/** The texts that are made from the table, so that none of them can say something else. */

const fileKeys = settingKeys.filter((key) => !settingOf(key).notInFile);

const plainPreset = (setting: Setting): unknown =>
  typeof setting.preset === 'function' ? undefined : (setting.preset as unknown);

/** What applies when nobody says anything. */
export function presetText(setting: Setting): string {
  if (setting.presetText !== undefined) return setting.presetText;
  return setting.preset === undefined ? 'none' : String(setting.preset);
}

/** JSON Schema of the settings file, for editors. */
export function settingsJsonSchema(): string {
  const shape = Object.fromEntries(fileKeys.map((key) => [key, property(settingOf(key))]));
  const schema = z.toJSONSchema(z.strictObject(shape), { io: 'input' });
  return `${JSON.stringify({ ...schema, title: 'Komainu settings' }, null, 2)}\n`;
}

function property(setting: Setting): z.ZodType {
  const preset = plainPreset(setting);
  const facts = preset === undefined ? {} : { default: preset };
  return setting.schema.optional().meta({ description: `${setting.help} (default: ${presetText(setting)})`, ...facts });
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The README's table, without the markers around it. */
export function settingsMarkdown(): string {
  const head = ['| Key in the file | Flag | Variable | Default | What |', '|---|---|---|---|---|'];
  return [...head, ...settingKeys.map(markdownRow)].join('\n');
}

function markdownRow(key: SettingKey): string {
  const setting = settingOf(key);
  const sign = setting.sign === '' ? '' : ` ${setting.sign}`;
  const cells = [
    setting.notInFile ? '' : `\`${key}\``,
    setting.fileOnly ? '' : `\`--${flagOf(key)}${sign}\``,
    setting.fileOnly ? '' : `\`${variableOf(key)}\``,
    presetText(setting),
    setting.help,
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

const OPENING = '<!-- settings:begin -->';
const CLOSING = '<!-- settings:end -->';

/** `readme` with the table between its markers; throws where it has none. */
export function withSettingsTable(readme: string): string {
  const start = readme.indexOf(OPENING);
  const end = readme.indexOf(CLOSING);
  if (start === -1 || end < start) throw new Error(`README.md lacks ${OPENING} and ${CLOSING}`);
  return `${readme.slice(0, start + OPENING.length)}\n${settingsMarkdown()}\n${readme.slice(end)}`;
}

export const emptyReadme = `${OPENING}\n${CLOSING}\n`;

const sampleHead = `# yaml-language-server: $schema=./settings.schema.json
## Settings of Komainu: komainu serve --settings THIS-FILE
## Every key stands here with its default; take away the "# " in front of what you change.
## A flag outranks its KOMAINU_ variable, a variable outranks this file.
`;

const listenerSample = `# listeners:
#   - name: http
#     address: 0.0.0.0
#     port: 8080
#     engine: node
#     tls: false
#     proxyProtocol: off # or required, with the peers that may speak it: from: [10.0.0.0/8]
`;

/** Shown for keys without a plain preset. */
const samples: Partial<Record<SettingKey, string>> = {
  manifests: './manifests',
  host: '"::"',
  shards: '4',
  defaultBackend: 'default/web:80',
  connectionLimit: '4500',
  trustedProxies: '[10.0.0.0/8]',
  kubeconfig: './kubeconfig',
  kubeContext: 'admin@cluster',
  stateDir: './state',
  namespaces: '[shop, blog]',
  namespaceSelector: '"team=shop"',
  labelSelector: '"stage!=test"',
  leaderHosts: '[admin.example]',
  leaseNamespace: 'komainu',
  publishService: 'komainu/komainu',
  publishAddress: '[192.0.2.1]',
};

function sampleLines(key: SettingKey): string {
  const setting = settingOf(key);
  const help = `## ${setting.help}; default: ${presetText(setting)}\n`;
  return help + (setting.fileOnly ? listenerSample : `# ${key}: ${samples[key] ?? String(plainPreset(setting))}\n`);
}

/** `native-config/settings.yaml`: every key, commented. */
export function sampleSettings(): string {
  const sections = settingGroups.map((group) => {
    const keys = fileKeys.filter((key) => settingOf(key).group === group);
    return `\n## --- ${group} ---\n${keys.map(sampleLines).join('')}`;
  });
  return sampleHead + sections.join('');
}

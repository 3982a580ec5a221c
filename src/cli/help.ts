import { presetText } from '../settings/documents.ts';
import { flagOf } from '../settings/setting-names.ts';
import { settingGroups, settingOf } from '../settings/setting-table.ts';
import type { Command, CommandFlag } from './command.ts';

type Row = readonly [string, string];

function columns(rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

export function generalHelp(commands: readonly Command[]): string {
  return [
    'Komainu, a proxy server and Kubernetes ingress controller',
    '',
    'Usage: komainu COMMAND [flags]',
    '',
    ...columns(commands.map((command) => [command.name, command.summary])),
    '',
    'komainu COMMAND --help shows the flags of a command, komainu --version the version.',
    'Exit codes: 0 well; 1 check found refusals, explain found no rule; 64 wrong command line; 69 a port is taken;',
    '70 an internal error; 78 settings that cannot be used.',
  ].join('\n');
}

const ownRow = ({ name, short, sign, help, many }: CommandFlag): Row => [
  `${short ? `-${short}, ` : ''}--${name}${sign === '' ? '' : ` ${sign}`}`,
  many ? `${help}; may be repeated` : help,
];

function settingRows(command: Command, group: string): Row[] {
  const keys = command.settings.filter((key) => settingOf(key).group === group && !settingOf(key).fileOnly);
  return keys.map((key) => {
    const setting = settingOf(key);
    return [
      `--${flagOf(key)}${setting.sign === '' ? '' : ` ${setting.sign}`}`,
      `${setting.help} [${presetText(setting)}]`,
    ];
  });
}

export function commandHelp(command: Command): string {
  const sections = settingGroups
    .map((group) => ({ group, rows: settingRows(command, group) }))
    .filter(({ rows }) => rows.length > 0);
  return [
    `Usage: komainu ${[command.name, ...command.words, '[flags]'].join(' ')}`,
    `  ${command.summary}`,
    ...command.examples.map((example) => `  $ ${example}`),
    ...(command.flags.length > 0 ? ['', 'Flags', ...columns(command.flags.map(ownRow))] : []),
    ...sections.flatMap(({ group, rows }) => ['', `Settings: ${group} [default]`, ...columns(rows)]),
    '',
    'A setting is also a variable (--http-port: KOMAINU_HTTP_PORT) and a key of the settings file (httpPort).',
  ].join('\n');
}

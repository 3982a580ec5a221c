import { type SettingKey, settingKeys, settingOf } from '../settings/setting-table.ts';
import type { Command, CommandFlag } from './command.ts';

const json: CommandFlag = { name: 'json', sign: '', help: 'print JSON instead of text' };

/** What a process that is told its one backend has no use for. */
const ofSources: readonly SettingKey[] = ['manifests', 'folderQuietMs', 'folderMaxWaitMs', 'folderPollMs'];
const withoutSource = settingKeys.filter(
  (key) => !ofSources.includes(key) && settingOf(key).group !== 'Kubernetes' && key !== 'kubernetes',
);

export const commands: readonly Command[] = [
  {
    name: 'serve',
    summary: 'serves a folder of Kubernetes manifests, or a cluster; without one, the sample with its echo backend',
    words: [],
    flags: [],
    settings: settingKeys,
    examples: ['komainu serve --manifests ./routes --http-port 80', 'komainu serve --kubernetes'],
    load: () => import('./serve.ts'),
  },
  {
    name: 'proxy',
    summary: 'a reverse proxy in one line, without files',
    words: [],
    flags: [
      { name: 'to', sign: 'URL', many: true, help: 'http://HOST:PORT that requests go to; several are taken in turn' },
      { name: 'from', sign: 'HOST[/PATH]', help: 'only requests for this host and below this path; without it all' },
    ],
    settings: withoutSource,
    examples: [
      'komainu proxy --to http://127.0.0.1:3000',
      'komainu proxy --to http://10.0.0.1 --to http://10.0.0.2 --from a.test/api',
    ],
    load: () => import('./proxy.ts'),
  },
  {
    name: 'check',
    summary: 'reads settings and manifests, prints every problem and changes nothing',
    words: [],
    flags: [json],
    settings: settingKeys,
    examples: ['komainu check --settings komainu.yaml', 'komainu check --kubernetes'],
    load: () => import('./check.ts'),
  },
  {
    name: 'routes',
    summary: 'prints the compiled routes of a folder, a cluster or a running process',
    words: [],
    flags: [
      json,
      { name: 'admin', sign: 'URL', help: 'ask the process with this admin port, e.g. http://127.0.0.1:9090' },
    ],
    settings: settingKeys,
    examples: ['komainu routes --manifests ./routes', 'komainu routes --admin http://127.0.0.1:9090'],
    load: () => import('./routes.ts'),
  },
  {
    name: 'explain',
    summary: 'says which rule takes a request, and why the others do not',
    words: ['METHOD', 'URL'],
    flags: [
      json,
      {
        name: 'header',
        short: 'H',
        sign: "'NAME: VALUE'",
        many: true,
        help: 'a header of the request; Host is the one that routes',
      },
    ],
    settings: settingKeys,
    examples: ['komainu explain GET http://a.test/x --manifests ./routes'],
    load: () => import('./explain.ts'),
  },
];

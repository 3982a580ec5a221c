import { parseArgs } from 'node:util';
import { scenarios } from './scenarios.ts';

/** What the command line asks for. */
export interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly connections: number;
  /** Shards of Komainu, and workers of each peer. */
  readonly shards: number;
  /** What to measure, in this order. */
  readonly parts: readonly Part[];
  /** In the order of their table. */
  readonly scenarios: readonly string[];
  /** Requests per second of `latency`; undefined: half of what nginx can do. */
  readonly rate: number | undefined;
  /** A revision of this project that is measured beside the working tree. */
  readonly against: string | undefined;
  /** Write CPU profiles of Komainu's threads. */
  readonly profile: boolean;
  readonly jsonFile: string | undefined;
  readonly markdown: boolean;
  readonly help: boolean;
}

/** What `--only` takes: the proxies, and the programs of bench/micro. */
export const parts = ['nginx', 'haproxy', 'komainu', 'micro'] as const;
export type Part = (typeof parts)[number];

/** What `--scenario` takes: the table of scenarios, and what is measured in another way. */
export const scenarioNames: readonly string[] = [...scenarios.map(({ name }) => name), 'latency', 'memory'];

export const usage = `npm run bench -- [options]
  --rounds N       rounds per proxy, interleaved (5)
  --seconds N      length of a round (4)
  --warm-up N      seconds of load before the first round (3)
  --connections N  connections that the load keeps open (64)
  --shards N       shards of Komainu, and workers of each peer (1)
  --only A,B       only these of ${parts.join(', ')}
  --scenario A,B   only these of ${scenarioNames.join(', ')}
  --rate N         requests/s of the scenario latency (half of what nginx can do)
  --against REV    compare the working tree with another revision; alone unless --only says more
  --profile        write CPU profiles of Komainu's threads and print their tops; the figures are then no figures
  --json FILE      write the result to this file too
  --markdown       print the table as it stands in the README`;

/** Throws an Error whose message names every problem. */
export function readOptions(args: readonly string[]): Options {
  const problems: string[] = [];
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '4' },
      'warm-up': { type: 'string', default: '3' },
      connections: { type: 'string', default: '64' },
      shards: { type: 'string', default: '1' },
      only: { type: 'string' },
      scenario: { type: 'string', default: '' },
      rate: { type: 'string' },
      against: { type: 'string' },
      profile: { type: 'boolean', default: false },
      json: { type: 'string' },
      markdown: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const options: Options = {
    rounds: wholeNumber('--rounds', values.rounds, problems),
    seconds: wholeNumber('--seconds', values.seconds, problems),
    warmUpSeconds: wholeNumber('--warm-up', values['warm-up'], problems),
    connections: wholeNumber('--connections', values.connections, problems),
    shards: wholeNumber('--shards', values.shards, problems),
    parts: someOf('--only', parts, values.only ?? (values.against === undefined ? '' : 'komainu'), problems),
    scenarios: someOf('--scenario', scenarioNames, values.scenario, problems),
    rate: values.rate === undefined ? undefined : wholeNumber('--rate', values.rate, problems),
    against: values.against,
    profile: values.profile,
    jsonFile: values.json,
    markdown: values.markdown,
    help: values.help,
  };
  if (problems.length > 0) throw new Error(problems.join('; '));
  return options;
}

function wholeNumber(name: string, text: string, problems: string[]): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  problems.push(`${name} takes a whole number from 1 to 99999, not "${text}"`);
  return 0;
}

/** Those of `all` that a list names, in the order of `all`; all of them when it names none. */
function someOf<T extends string>(option: string, all: readonly T[], text: string, problems: string[]): readonly T[] {
  const names = text.split(',').filter((name) => name !== '');
  for (const name of names) {
    if (!(all as readonly string[]).includes(name)) problems.push(`${option} takes ${all.join(', ')}, not "${name}"`);
  }
  return all.filter((one) => names.length === 0 || names.includes(one));
}

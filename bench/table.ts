import type { Aim, Scenario } from './scenarios.ts';
import type { Spread } from './statistics.ts';
import type { Summary } from './summary.ts';

export const readmeMarkers = { begin: '<!-- bench:begin -->', end: '<!-- bench:end -->' } as const;

const titles = [
  'Proxy',
  'CPU µs/request',
  'ratio',
  'requests/s',
  'p50 ms',
  'p99 ms',
  'RSS MiB',
  'upstream connections/1,000',
  'errors',
];

/** A Markdown table, its columns padded so that a terminal shows it well too. Spreads read `median (least–most)`. */
export function renderTable(summaries: readonly Summary[]): string {
  return renderRows(titles, summaries.map(cellsOf));
}

/** The first column is text, the others are figures. */
export function renderRows(heads: readonly string[], cells: readonly string[][]): string {
  const rows = [heads, ...cells];
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number);
  const [head, ...body] = rows.map((row) => row.map(pad));
  return [head as string[], rule, ...body].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** One scenario: its name, what the figures say of Komainu, its table. */
export function renderScenario({ title, aim }: Scenario, summaries: readonly Summary[]): string {
  const named = (wanted: string) => summaries.find(({ name }) => name === wanted);
  const komainu = named('komainu');
  const text = named('base') === undefined ? aimText(aim, komainu?.ratio) : comparisonText(komainu?.ratioInterval);
  return `**${title}.** ${text}\n\n${renderTable(summaries)}`;
}

/** The part of the README that the bench owns. */
export function renderReadmePart(caption: string, sections: readonly string[]): string {
  return [readmeMarkers.begin, caption, ...sections.flatMap((section) => ['', section]), readmeMarkers.end].join('\n');
}

function aimText(aim: Aim | undefined, ratio: Spread | undefined): string {
  if (aim === undefined) return 'No aim: look at the upstream connections.';
  const judged = (limit: number) =>
    ratio === undefined ? `${limit}` : `${limit} (${ratio.median <= limit ? 'reached' : 'missed'})`;
  const wish = aim.wish === undefined ? '' : `, wish: ${judged(aim.wish)}`;
  return `Aim: at most ${judged(aim.ratio)} of the better peer's CPU per request${wish}.`;
}

function comparisonText(interval: Spread | undefined): string {
  if (interval === undefined) return 'No working tree to compare the base with.';
  const { median, least, most } = interval;
  const verdict =
    most < 1 ? 'less than the base' : least > 1 ? 'more than the base' : 'no difference that chance does not make';
  const range = `the true median between ${least.toFixed(3)} and ${most.toFixed(3)}`;
  return `CPU per request, working tree / base: ${median.toFixed(3)}, ${range}: ${verdict}.`;
}

/** `median (least–most)`, each divided by `unit`. */
export function spreadText(spread: Spread, digits: number, unit = 1): string {
  const text = (value: number) => (value / unit).toFixed(digits);
  return `${text(spread.median)} (${text(spread.least)}–${text(spread.most)})`;
}

function cellsOf(summary: Summary): string[] {
  return [
    `${summary.name} ${summary.version}`,
    spreadText(summary.cpuUsPerRequest, 1),
    summary.ratio === undefined ? '–' : spreadText(summary.ratio, 2),
    spreadText(summary.requestsPerSecond, 0),
    spreadText(summary.p50Us, 2, 1000),
    spreadText(summary.p99Us, 2, 1000),
    (summary.residentKib / 1024).toFixed(0),
    summary.connectionsPerThousand.toFixed(2),
    String(summary.errors),
  ];
}

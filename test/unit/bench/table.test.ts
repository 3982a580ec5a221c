import { describe, expect, test } from 'vitest';
import type { Round } from '../../../bench/measure.ts';
import { type Aim, type Scenario, scenarios } from '../../../bench/scenarios.ts';
import { type Measured, referenceOf, summarise } from '../../../bench/summary.ts';
import { renderReadmePart, renderScenario, renderTable } from '../../../bench/table.ts';

const noErrors = { connect: 0, read: 0, write: 0, timeout: 0, status: 0, unforwarded: 0 };

function round(cpuUsPerRequest: number, errors: Partial<typeof noErrors> = {}): Round {
  return {
    requests: 1000,
    seconds: 4,
    requestsPerSecond: 250,
    p50Us: 1200,
    p99Us: 2345,
    cpuUs: cpuUsPerRequest * 1000,
    cpuUsPerRequest,
    residentKib: [1024, 2048],
    upstreamConnections: 0,
    errors: { ...noErrors, ...errors },
  };
}

function measured(name: string, costs: readonly number[]): Measured {
  return { name, version: '1.0', warmUp: round(99), rounds: costs.map((cost) => round(cost)) };
}

test('the better peer has the lower median, whatever its best or worst round', () => {
  const nginx = measured('nginx', [1, 20, 20]);
  const haproxy = measured('haproxy', [19, 19, 90]);
  expect(referenceOf([nginx, haproxy, measured('komainu', [2, 2, 2])])).toBe(haproxy);
});

test('another revision is what ratios are made with, even beside a cheaper peer', () => {
  const base = measured('base', [30]);
  expect(referenceOf([measured('nginx', [10]), base, measured('komainu', [20])])).toBe(base);
});

test('Komainu alone has no ratio', () => {
  const komainu = measured('komainu', [20]);
  expect(referenceOf([komainu])).toBeUndefined();
  expect(summarise(komainu, undefined).ratio).toBeUndefined();
});

test('ratios are made round by round, so that a slow machine cancels out', () => {
  const peer = measured('nginx', [10, 20, 40]);
  const { ratio, cpuUsPerRequest } = summarise(measured('komainu', [12, 22, 44]), peer);
  expect(ratio).toEqual({ median: 1.1, least: 1.1, most: 1.2 });
  expect(cpuUsPerRequest).toEqual({ median: 22, least: 12, most: 44 });
});

test('memory is that of all processes after the last round', () => {
  const grown = { ...round(1), residentKib: [1000, 24] };
  expect(summarise({ ...measured('komainu', []), rounds: [round(1), grown] }, undefined).residentKib).toBe(1024);
});

test('every kind of error counts, also one of the warm-up', () => {
  const rounds = [round(1, { status: 2, read: 3 }), round(1, { unforwarded: 5 })];
  const warmUp = round(1, { timeout: 7 });
  expect(summarise({ ...measured('komainu', []), warmUp, rounds }, undefined)).toMatchObject({
    errors: 17,
    requests: 2000,
  });
});

test('upstream connections count per thousand requests, those of the warm-up too', () => {
  const warmUp = { ...round(1), upstreamConnections: 60 };
  const rounds = [round(1), { ...round(1), upstreamConnections: 3 }];
  const summary = summarise({ ...measured('komainu', []), warmUp, rounds }, undefined);
  expect(summary.connectionsPerThousand).toBe(21);
});

test('the table is Markdown in aligned columns, spreads beside the medians', () => {
  const peer = measured('nginx', [10, 20, 30]);
  const rows = [peer, measured('komainu', [12, 22, 33])].map((one) => summarise(one, peer));
  expect(renderTable(rows)).toBe(
    `
| Proxy       |   CPU µs/request |            ratio |    requests/s |           p50 ms |           p99 ms | RSS MiB | upstream connections/1,000 | errors |
| ----------- | ---------------: | ---------------: | ------------: | ---------------: | ---------------: | ------: | -------------------------: | -----: |
| nginx 1.0   | 20.0 (10.0–30.0) | 1.00 (1.00–1.00) | 250 (250–250) | 1.20 (1.20–1.20) | 2.35 (2.35–2.35) |       3 |                       0.00 |      0 |
| komainu 1.0 | 22.0 (12.0–33.0) | 1.10 (1.10–1.20) | 250 (250–250) | 1.20 (1.20–1.20) | 2.35 (2.35–2.35) |       3 |                       0.00 |      0 |
`.trim(),
  );
});

test('a table without peers has a dash for the ratio', () => {
  expect(renderTable([summarise(measured('komainu', [12]), undefined)])).toContain('|     – |');
});

test('the part of the README stands between its markers', () => {
  expect(renderReadmePart('caption', ['one', 'two'])).toBe(
    '<!-- bench:begin -->\ncaption\n\none\n\ntwo\n<!-- bench:end -->',
  );
});

describe('the line above a table with another revision', () => {
  const lineOf = (base: number[], tree: number[]) => {
    const all = [measured('base', base), measured('komainu', tree)];
    const summaries = all.map((one) => summarise(one, referenceOf(all)));
    return renderScenario(scenarios[0] as Scenario, summaries).split('\n')[0];
  };

  test('is less or more only where chance hardly makes it so', () => {
    const base = Array(9).fill(10);
    expect(lineOf(base, [9, 9, 9, 9, 8, 9.5, 9.4, 9.3, 11])).toContain(
      'tree / base: 0.900, the true median between 0.900 and 0.950: less than the base.',
    );
    expect(lineOf(base, [11, 11, 11, 12, 12, 12, 12, 12, 9])).toContain('1.100 and 1.200: more than the base.');
    expect(lineOf(base, [9, 9, 9, 9, 9, 9, 9, 11, 11])).toContain('no difference that chance does not make.');
  });
});

describe('the line above a table', () => {
  const lineOf = (aim: Aim | undefined, costs: Record<string, number>) => {
    const all = Object.entries(costs).map(([name, cost]) => measured(name, [cost]));
    const { aim: _, ...plain } = scenarios[0] as Scenario;
    const scenario = { ...plain, title: 'Title', ...(aim !== undefined && { aim }) };
    const summaries = all.map((one) => summarise(one, referenceOf(all)));
    return renderScenario(scenario, summaries).split('\n')[0];
  };

  test('says of aim and wish whether each is reached', () => {
    expect(lineOf({ ratio: 1.2, wish: 1.1 }, { nginx: 10, komainu: 11.5 })).toBe(
      "**Title.** Aim: at most 1.2 (reached) of the better peer's CPU per request, wish: 1.1 (missed).",
    );
    expect(lineOf({ ratio: 1.2 }, { nginx: 10, komainu: 12.1 })).toContain('at most 1.2 (missed)');
  });

  test('says so where a scenario has no aim', () => {
    expect(lineOf(undefined, { nginx: 10, komainu: 100 })).toBe('**Title.** No aim: look at the upstream connections.');
  });

  test('judges nothing where no peer or no Komainu ran', () => {
    expect(lineOf({ ratio: 1.2 }, { komainu: 12 })).toContain('at most 1.2 of');
    expect(lineOf({ ratio: 1.2 }, { nginx: 12 })).toContain('at most 1.2 of');
  });
});

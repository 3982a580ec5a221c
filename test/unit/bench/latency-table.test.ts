import { expect, test } from 'vitest';
import type { LatencyMeasured } from '../../../bench/latency.ts';
import { latencyErrors, renderLatency } from '../../../bench/latency-table.ts';

const measured = (name: string, p99s: readonly number[], errors = 0): LatencyMeasured => ({
  name,
  version: '1.0',
  rounds: p99s.map((p99Us) => ({ answered: 100, errors, p50Us: 200, p99Us, p999Us: 9000, longestUs: 12_000 })),
});

test('the ratio of p99 is made with nginx in the same round and judged by its median', () => {
  const nginx = measured('nginx', [1000, 2000, 4000]);
  const text = (komainu: readonly number[]) =>
    renderLatency({ rate: 9000, proxies: [measured('direct', [1, 1, 1]), nginx, measured('komainu', komainu)] });
  const reached = text([1400, 3000, 8000]).split('\n');
  expect(reached[0]).toBe(
    "**Latency at 9000 requests/s**, from when each was due. Aim: p99 at most 1.5 (reached) of nginx's.",
  );
  expect(reached.at(-1)).toContain('| 1.50 (1.40–2.00) |');
  expect(text([1600, 3200, 8000])).toContain('1.5 (missed)');
});

test('without nginx nothing is judged, and another revision is compared with', () => {
  const alone = renderLatency({ rate: 1, proxies: [measured('komainu', [10])] });
  expect(alone).toContain("at most 1.5 of nginx's");
  expect(alone).toContain(' – |');
  expect(renderLatency({ rate: 1, proxies: [measured('base', [10]), measured('komainu', [20])] })).toContain(
    '2.00 (2.00–2.00)',
  );
});

test('errors of all rounds and proxies add up', () => {
  expect(latencyErrors({ rate: 1, proxies: [measured('nginx', [1, 1], 2), measured('komainu', [1], 3)] })).toBe(7);
});

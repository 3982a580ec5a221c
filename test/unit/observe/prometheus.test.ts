import { expect, test } from 'vitest';
import { PrometheusText } from '../../../src/observe/prometheus.ts';

test('a family is its help, its type and its samples', () => {
  const text = new PrometheusText().family('a_total', 'counter', 'Things.').sample(3, { kind: 'x', n: 7 }).sample(0);
  expect(text.toString()).toBe(
    '# HELP a_total Things.\n# TYPE a_total counter\na_total{kind="x",n="7"} 3\na_total 0\n',
  );
});

test('label values and help are escaped as the format says', () => {
  const text = new PrometheusText().family('a', 'gauge', 'back\\slash\nline "quoted"').sample(1, { v: 'q"b\\n\nz' });
  expect(text.toString()).toBe('# HELP a back\\\\slash\\nline "quoted"\n# TYPE a gauge\na{v="q\\"b\\\\n\\nz"} 1\n');
});

test('buckets of a histogram hold what the lower ones hold, and the last one everything', () => {
  const text = new PrometheusText().family('h', 'histogram', 'H.').histogram([0.5, 1], [2, 3, 4], 12.5, { a: 'b' });
  expect(text.toString().split('\n').slice(2, -1)).toEqual([
    'h_bucket{a="b",le="0.5"} 2',
    'h_bucket{a="b",le="1"} 5',
    'h_bucket{a="b",le="+Inf"} 9',
    'h_sum{a="b"} 12.5',
    'h_count{a="b"} 9',
  ]);
});

test('values that are no numbers have names', () => {
  const text = new PrometheusText().family('a', 'gauge', '');
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e21]) text.sample(value);
  expect(text.toString().split('\n').slice(2, -1)).toEqual(['a NaN', 'a +Inf', 'a -Inf', 'a 1e+21']);
});

test('a name that the format does not allow is a mistake of ours', () => {
  expect(() => new PrometheusText().family('a-b', 'gauge', '')).toThrow(/no metric name/);
});

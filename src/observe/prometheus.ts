export type Labels = Readonly<Record<string, string | number>>;

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Prometheus text exposition format, version 0.0.4. */
export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Writes metric families one after the other: `family`, then its samples. Names are ours and must be valid; label
 * values and help may be any text.
 */
export class PrometheusText {
  #text = '';
  #family = '';

  family(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): this {
    if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no metric name`);
    this.#family = name;
    this.#text += `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
    return this;
  }

  sample(value: number, labels: Labels = {}): this {
    return this.#line('', labels, value);
  }

  /**
   * `bounds` in rising order; `counts` has one count for each bound and one more for what lies above the last, each
   * without what the lower ones hold.
   */
  histogram(bounds: readonly number[], counts: ArrayLike<number>, sum: number, labels: Labels = {}): this {
    let count = 0;
    for (const [i, bound] of bounds.entries()) {
      count += counts[i];
      this.#line('_bucket', { ...labels, le: valueText(bound) }, count);
    }
    count += counts[bounds.length];
    this.#line('_bucket', { ...labels, le: '+Inf' }, count);
    return this.#line('_sum', labels, sum).#line('_count', labels, count);
  }

  toString(): string {
    return this.#text;
  }

  #line(suffix: string, labels: Labels, value: number): this {
    this.#text += `${this.#family}${suffix}${labelText(labels)} ${valueText(value)}\n`;
    return this;
  }
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(String(value))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function valueText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');

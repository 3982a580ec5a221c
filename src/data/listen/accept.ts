/** `application/json;q=0.5, text/plain` → its elements: a comma inside quotes belongs to a parameter. */
const element = /(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g;
/** The same for the parts of one element. */
const part = /(?:[^;"]|"(?:[^"\\]|\\.)*"?)+/g;
/** RFC 9110, 12.4.2. */
const qualityValue = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/** Quality values of the media ranges that say something about JSON or text; what nobody asks for is not kept. */
interface Qualities {
  readonly json?: number;
  readonly 'application/*'?: number;
  readonly 'text/plain'?: number;
  readonly 'text/*'?: number;
  readonly '*/*'?: number;
}

/**
 * Whether a client with this Accept value reads JSON rather than plain text (RFC 9110, 12.5.1): the most specific
 * range decides on each, the higher quality value wins. Where both are equal, JSON is taken if it was named and
 * text otherwise: browsers and curl say any type, programs name JSON. A client that accepts neither gets text.
 */
export function prefersJson(accept: string): boolean {
  const qualities = qualitiesOf(accept);
  const any = qualities['*/*'] ?? 0;
  const text = qualities['text/plain'] ?? qualities['text/*'] ?? any;
  const json = qualities.json ?? qualities['application/*'];
  return json === undefined ? any > text : json > 0 && json >= text;
}

function qualitiesOf(accept: string): Qualities {
  const qualities: Record<string, number> = Object.create(null);
  for (const [text] of accept.matchAll(element)) {
    const [range = '', ...parameters] = Array.from(text.matchAll(part), ([found]) => found.trim().toLowerCase());
    const quality = qualityOf(parameters);
    if (quality === undefined) continue;
    const key = isJson(range) ? 'json' : range;
    qualities[key] = Math.max(qualities[key] ?? 0, quality);
  }
  return qualities;
}

/** `application/problem+json` and every other suffix of JSON (RFC 6839, 3.1): who reads one reads ours. */
const isJson = (range: string) => range === 'application/json' || range.endsWith('+json');

/** Parameters other than `q` do not narrow what we have; undefined: the weight is malformed, the element says nothing. */
function qualityOf(parameters: readonly string[]): number | undefined {
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  if (weight === undefined) return 1;
  const found = qualityValue.exec(weight);
  return found === null ? undefined : Number(found[1]);
}

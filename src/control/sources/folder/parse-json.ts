import { countKeys, unplain } from './plain-value.ts';

/** A JSON text of one value, or undefined: not JSON, or one of the things that the YAML reader explains better. */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (value === null || unplain(value) !== undefined) return undefined;
  // JSON.parse takes the last of two equal keys without a word; the text has more keys than the value then.
  return countKeys(value) === countKeysInText(text) ? value : undefined;
}

/** Keys in valid JSON: a string with a colon behind it. */
function countKeysInText(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at)) {
    at = endOfString(text, at);
    while (isSpace(text.charCodeAt(at))) at++;
    if (text.charCodeAt(at) === 0x3a) count++;
  }
  return count;
}

/** The position after the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (let unit = text.charCodeAt(at); unit !== 0x22; unit = text.charCodeAt(at)) at += unit === 0x5c ? 2 : 1;
  return at + 1;
}

const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;

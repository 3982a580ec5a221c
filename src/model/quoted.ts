const SHOWN_CHARACTERS = 80;
const LINE_CHARACTERS = 1000;

/** A value that somebody wrote, fit for one sentence: `"a"`, `5`, `a list`; long texts are cut. */
export function quoted(value: unknown): string {
  if (typeof value === 'string') return quotedText(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value instanceof Date) return 'a date (quote it)';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

function quotedText(text: string): string {
  if (text.length <= SHOWN_CHARACTERS) return escaped(JSON.stringify(text));
  return `${escaped(JSON.stringify(text.slice(0, SHOWN_CHARACTERS)))}… (${text.length} characters)`;
}

/** Controls, line and paragraph separators, and what changes the direction of a text. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const escaped = (text: string): string =>
  text.replace(unprintable, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A text with parts that strangers wrote, fit for one line of a terminal: what would act on it is written `\u001b`. */
export const oneLine = (text: string): string =>
  escaped(text.length <= LINE_CHARACTERS ? text : `${text.slice(0, LINE_CHARACTERS)}…`);

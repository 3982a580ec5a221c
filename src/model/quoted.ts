const SHOWN_CHARACTERS = 80;

/** A value that somebody wrote, fit for one sentence: `"a"`, `5`, `a list`; long texts are cut. */
export function quoted(value: unknown): string {
  if (typeof value === 'string') return quotedText(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value instanceof Date) return 'a date (quote it)';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

function quotedText(text: string): string {
  if (text.length <= SHOWN_CHARACTERS) return JSON.stringify(text);
  return `${JSON.stringify(text.slice(0, SHOWN_CHARACTERS))}… (${text.length} characters)`;
}

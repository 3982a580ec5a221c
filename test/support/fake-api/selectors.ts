import type { Stored } from './raw.ts';

export type Judge = (object: Stored) => boolean;

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k` */
export function labelJudge(selector: string): Judge {
  const judges = splitOutside(selector).map(oneLabel);
  return (object) => judges.every((judge) => judge((object.metadata.labels ?? {}) as Record<string, string>));
}

/** `metadata.name=web,type!=Opaque`, any path of texts. */
export function fieldJudge(selector: string): Judge {
  const judges = splitOutside(selector).map(oneField);
  return (object) => judges.every((judge) => judge(object));
}

/** At commas that stand in no brackets. */
const splitOutside = (text: string): string[] =>
  text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');

function oneLabel(text: string): (labels: Record<string, string>) => boolean {
  const set = /^(\S+)\s+(in|notin)\s+\((.*)\)$/.exec(text);
  if (set !== null) {
    const values = set[3].split(',').map((value) => value.trim());
    return (labels) => values.includes(labels[set[1]]) === (set[2] === 'in');
  }
  const equal = /^([^=!]+?)\s*(==|=|!=)\s*(.*)$/.exec(text);
  if (equal !== null) return (labels) => (labels[equal[1]] === equal[3]) === (equal[2] !== '!=');
  if (text.startsWith('!')) return (labels) => labels[text.slice(1)] === undefined;
  return (labels) => labels[text] !== undefined;
}

function oneField(text: string): Judge {
  const [, path, operator, value] = /^([^=!]+)(==|=|!=)(.*)$/.exec(text) ?? [];
  if (path === undefined) throw new Error(`no field selector: ${text}`);
  return (object) => (fieldOf(object, path) === value) === (operator !== '!=');
}

const fieldOf = (object: Stored, path: string): string =>
  String(
    path.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], object) ?? '',
  );

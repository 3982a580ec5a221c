import type { Meta } from '../../../model/objects.ts';
import { quoted } from '../../../model/quoted.ts';
import type { Refuse } from './kind-reader.ts';
import { fieldText } from './problems.ts';

/** What is wrong with a value, to be read after it: `is no weight; it must be …`. */
export interface Wrong {
  readonly wrong: string;
}

/** `metadata.annotations["komainu.dev/weight"]`, as refusals name it. */
export const annotationField = (name: string): string => fieldText('metadata', ['annotations', name]);

/** One annotation of an object. A wrong value is refused and counts as if it were left out. */
export function readAnnotation<T>(
  meta: Meta,
  name: string,
  refuse: Refuse,
  fallback: T,
  read: (text: string) => T | Wrong,
): T {
  const text = Object.hasOwn(meta.annotations, name) ? meta.annotations[name] : undefined;
  if (text === undefined) return fallback;
  const value = read(text.trim());
  if (!isWrong(value)) return value;
  refuse({ field: annotationField(name), message: `${quoted(text)} ${value.wrong}` });
  return fallback;
}

const isWrong = (value: unknown): value is Wrong => typeof value === 'object' && value !== null && 'wrong' in value;

import type { z } from 'zod';
import type { Problem } from '../../../model/objects.ts';
import { quoted } from '../../../model/quoted.ts';

type Step = PropertyKey;

const isPlainKey = (key: string): boolean => /^[A-Za-z][A-Za-z0-9]{0,62}$/.test(key);

/** `spec.rules[0].http`, `metadata.annotations["a.b/c"]`; keys too long to read are cut. */
export function fieldText(at: string, path: readonly Step[]): string {
  let text = at;
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (isPlainKey(String(step))) text += text === '' ? String(step) : `.${String(step)}`;
    else text += `[${quoted(String(step))}]`;
  }
  return text;
}

/** One sentence: `spec.type is "Ingress"; it must be …`. */
export function sentence(field: string, value: unknown, rule: string): string {
  const name = field === '' ? 'the object' : field;
  return value === undefined ? `${name} is missing; it ${rule}` : `${name} is ${quoted(value)}; it ${rule}`;
}

export const problem = (field: string, value: unknown, rule: string): Problem => ({
  field,
  message: sentence(field, value, rule),
});

/** Every issue of a failed check; messages of the schemas begin with "must". */
export function problemsOf(error: z.ZodError, raw: unknown, at: string): Problem[] {
  return error.issues.map((issue) => problem(fieldText(at, issue.path), valueAt(raw, issue.path), issue.message));
}

function valueAt(raw: unknown, path: readonly Step[]): unknown {
  let value = raw;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<Step, unknown>)[step];
  }
  return value;
}

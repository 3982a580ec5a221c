import type { z } from 'zod';
import type { KubeObject, Origin, Problem } from '../../../model/objects.ts';
import type { RefusalReason } from '../../../model/refusal.ts';
import { problemsOf } from './problems.ts';

/** Called for each part of the object that does not count. */
export type Refuse = (problem: Problem, reason?: RefusalReason) => void;

/** One document of one kind → its object; undefined when nothing of it stands. */
export type ReadKind = (raw: object, origin: Origin, refuse: Refuse) => KubeObject | undefined;

/** Checks the whole shape first and tells every problem at once. */
export function readAs<S extends z.ZodType>(
  schema: S,
  build: (written: z.output<S>, origin: Origin, refuse: Refuse) => KubeObject | undefined,
): ReadKind {
  return (raw, origin, refuse) => {
    const checked = schema.safeParse(raw);
    if (checked.success) return build(checked.data, origin, refuse);
    for (const problem of problemsOf(checked.error, raw, '')) refuse(problem);
    return undefined;
  };
}

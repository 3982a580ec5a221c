import type { IngressTls, Problem } from '../../../model/objects.ts';
import { isDnsName } from './names.ts';
import { problemsOf } from './problems.ts';
import { anyList, shape, text } from './shapes.ts';

const schema = shape({
  secretName: text
    .refine((name) => name === '' || isDnsName(name), { error: 'must be the name of a Secret, or left out' })
    .nullish(),
});

/** The entries that name a Secret. One without is allowed: its hosts use the certificate that serves every name. */
export function readTls(written: unknown, problems: Problem[]): IngressTls[] {
  const list = anyList.nullish().safeParse(written);
  if (!list.success) problems.push(...problemsOf(list.error, written, 'spec.tls'));
  const found: IngressTls[] = [];
  for (const [index, raw] of (list.data ?? []).entries()) {
    const at = `spec.tls[${index}]`;
    const checked = schema.safeParse(raw);
    if (!checked.success) problems.push(...problemsOf(checked.error, raw, at));
    else if (checked.data.secretName) found.push({ field: `${at}.secretName`, secretName: checked.data.secretName });
  }
  return found;
}

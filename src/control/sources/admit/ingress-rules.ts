import type { IngressPath, IngressRule, Problem } from '../../../model/objects.ts';
import { readBackend } from './ingress-backend.ts';
import { hostProblem } from './names.ts';
import { problem, problemsOf } from './problems.ts';
import { anyList, anything, oneOf, shape, text } from './shapes.ts';

const ruleSchema = shape({ host: text.nullish(), http: anything });
const httpSchema = shape({ paths: anyList.min(1, { error: 'must have at least one path' }) });
const pathSchema = shape({
  pathType: oneOf(['Exact', 'Prefix', 'ImplementationSpecific']),
  path: text.nullish(),
  backend: anything,
});

/** The rules that stand; what does not is put into `problems`. */
export function readRules(written: readonly unknown[], problems: Problem[]): IngressRule[] {
  const rules: IngressRule[] = [];
  for (const [index, raw] of written.entries()) {
    const rule = readRule(raw, `spec.rules[${index}]`, problems);
    if (rule !== undefined) rules.push(rule);
  }
  return rules;
}

function readRule(raw: unknown, field: string, problems: Problem[]): IngressRule | undefined {
  const checked = ruleSchema.safeParse(raw);
  if (!checked.success) {
    problems.push(...problemsOf(checked.error, raw, field));
    return undefined;
  }
  const host = checked.data.host ?? '';
  const wrong = hostProblem(host);
  if (wrong !== undefined) {
    problems.push(problem(`${field}.host`, host, wrong));
    return undefined;
  }
  const { http } = checked.data;
  return { field, host, paths: http === undefined || http === null ? undefined : readHttp(http, field, problems) };
}

/** A rule whose `http` is wrong keeps its host with no path: the host still belongs to this Ingress's default backend. */
function readHttp(raw: unknown, field: string, problems: Problem[]): IngressPath[] {
  const checked = httpSchema.safeParse(raw);
  if (!checked.success) {
    problems.push(...problemsOf(checked.error, raw, `${field}.http`));
    return [];
  }
  const paths: IngressPath[] = [];
  for (const [index, one] of checked.data.paths.entries()) {
    const path = readPath(one, `${field}.http.paths[${index}]`, problems);
    if (path !== undefined) paths.push(path);
  }
  return paths;
}

function readPath(raw: unknown, field: string, problems: Problem[]): IngressPath | undefined {
  const checked = pathSchema.safeParse(raw);
  if (!checked.success) {
    problems.push(...problemsOf(checked.error, raw, field));
    return undefined;
  }
  const { pathType } = checked.data;
  const backend = readBackend(checked.data.backend, `${field}.backend`, problems);
  const path = writtenPath(pathType, checked.data.path ?? '');
  if (!path.startsWith('/')) problems.push(problem(`${field}.path`, path, 'must begin with "/"'));
  else if (backend !== undefined) return { field, pathType, path, backend };
  return undefined;
}

/** Only ImplementationSpecific may leave the path out, and means all of the host then. */
const writtenPath = (pathType: IngressPath['pathType'], path: string): string =>
  pathType === 'ImplementationSpecific' && path === '' ? '/' : path;

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartupError } from '../../base/startup-error.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { Kubeconfig, KubeconfigProblem } from './kubeconfig.ts';
import { serviceAccountAccess } from './service-account.ts';

export interface AccessQuestion {
  /** The one file that counts, where a person named one. */
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly serviceAccountDir: string;
}

/**
 * As kubectl looks: the named file, else those of $KUBECONFIG, else ~/.kube/config, else the service account of this pod.
 * @throws StartupError with one sentence that says what was looked for.
 */
export function findAccess(question: AccessQuestion): ClusterAccess {
  const files = kubeconfigFiles(question);
  if (files.length > 0) return readAccess(files, question.context);
  const access = serviceAccountAccess(question.serviceAccountDir, question.env);
  if (access !== undefined) return access;
  throw new StartupError(
    `There is no way to a cluster: ${lookedFor(question)}, and this is no pod with a service account (${question.serviceAccountDir}).`,
  );
}

function kubeconfigFiles({ kubeconfig, env }: AccessQuestion): readonly string[] {
  if (kubeconfig !== undefined) return [resolve(kubeconfig)];
  // As with kubectl, files of the list that are not there are passed over.
  if (env.KUBECONFIG) return env.KUBECONFIG.split(':').filter((file) => file !== '' && existsSync(file));
  const usual = usualFile(env);
  return usual !== undefined && existsSync(usual) ? [usual] : [];
}

const usualFile = (env: AccessQuestion['env']): string | undefined => env.HOME && join(env.HOME, '.kube', 'config');

function lookedFor({ env }: AccessQuestion): string {
  if (env.KUBECONFIG) return `no file of $KUBECONFIG (${env.KUBECONFIG}) is there`;
  const usual = usualFile(env);
  return usual === undefined ? 'neither $KUBECONFIG nor $HOME is set' : `$KUBECONFIG is not set, ${usual} is not there`;
}

function readAccess(files: readonly string[], context: string | undefined): ClusterAccess {
  const config = new Kubeconfig();
  try {
    for (const file of files) config.add(readText(file), resolve(file));
    return config.access(context);
  } catch (error) {
    if (!(error instanceof KubeconfigProblem)) throw error;
    throw new StartupError(`The kubeconfig ${files.join(', ')} cannot be used: it ${error.message}.`);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StartupError(`The kubeconfig ${file} cannot be read: ${(error as Error).message}.`);
  }
}

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Dice } from '../../base/dice.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a pod finds the namespace of its service account. */
const NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** A pod is called by its name; a process elsewhere by its machine, with a part that two on one machine do not share. */
export function processIdentity({ POD_NAME: pod }: Environment, dice: Dice): string {
  if (pod !== undefined && pod !== '') return pod;
  return `${hostname()}-${(dice.seed() >>> 0).toString(16).padStart(8, '0')}`;
}

/** Of the pod that we are, else `default`. */
export function podNamespace({ POD_NAMESPACE: told }: Environment, file = NAMESPACE_FILE): string {
  if (told !== undefined && told !== '') return told;
  try {
    return readFileSync(file, 'utf8').trim() || 'default';
  } catch {
    return 'default';
  }
}

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const scratchDir = (): string => mkdtempSync(join(tmpdir(), 'komainu-kube-'));

/** A kubeconfig with one context, as a file in a folder of its own unless `dir` is said. */
export function writeKubeconfig(cluster: object, user: object, dir = scratchDir()): string {
  const file = join(dir, 'config');
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'here' },
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

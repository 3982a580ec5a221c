import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The project's folder: two up from `src/cli` as from `dist/cli`, wherever the program was started. */
export const projectRoot = (): string => join(import.meta.dirname, '..', '..');

export const sampleManifests = (): string => join(projectRoot(), 'native-config', 'manifests');

/** As package.json says it. */
export function programVersion(): string {
  const manifest = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

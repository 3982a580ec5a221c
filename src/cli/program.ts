import { join } from 'node:path';

/** The project's folder: two up from `src/cli` as from `dist/cli`, wherever the program was started. */
export const projectRoot = (): string => join(import.meta.dirname, '..', '..');

export const sampleManifests = (): string => join(projectRoot(), 'native-config', 'manifests');

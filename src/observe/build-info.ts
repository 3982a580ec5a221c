import { readFileSync } from 'node:fs';

/** The version in package.json, which stands two folders up from `src/observe` as from `dist/observe`. */
export function buildVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

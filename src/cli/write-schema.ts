import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyReadme, sampleSettings, settingsJsonSchema, withSettingsTable } from '../settings/documents.ts';
import { projectRoot } from './program.ts';

/** `npm run schema`: writes what is made from the settings table. */
const root = projectRoot();
const readme = join(root, 'README.md');

writeFileSync(join(root, 'native-config', 'settings.schema.json'), settingsJsonSchema());
writeFileSync(join(root, 'native-config', 'settings.yaml'), sampleSettings());
writeFileSync(readme, withSettingsTable(existsSync(readme) ? readFileSync(readme, 'utf8') : emptyReadme));

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sampleSettings, settingsJsonSchema, withSettingsTable } from '../../../src/settings/documents.ts';
import { problemText } from '../../../src/settings/given.ts';
import { readSettingsFile } from '../../../src/settings/read-file.ts';
import { flagOf, variableOf } from '../../../src/settings/setting-names.ts';
import { settingKeys, settingOf } from '../../../src/settings/setting-table.ts';

const fromRoot = (...path: string[]) => readFileSync(join(import.meta.dirname, '..', '..', '..', ...path), 'utf8');

test.each([
  ['native-config/settings.schema.json', settingsJsonSchema],
  ['native-config/settings.yaml', sampleSettings],
  ['README.md', () => withSettingsTable(fromRoot('README.md'))],
])('%s is fresh (npm run schema)', (file, made) => {
  expect(fromRoot(file)).toBe(made());
});

test('every line of the sample is a valid setting once its comment is taken away', () => {
  const bare = sampleSettings().replace(/^# (?!yaml-language-server)/gm, '');
  const { given, problems } = readSettingsFile(bare, 'settings.yaml');
  expect(problems.map(problemText)).toEqual([]);
  expect(Object.keys(given)).toEqual(settingKeys.filter((key) => !settingOf(key).notInFile));
});

test('the sample says nothing as it stands', () => {
  expect(readSettingsFile(sampleSettings(), 'settings.yaml')).toEqual({ given: {}, problems: [] });
});

test('names follow from the key', () => {
  expect(flagOf('headTimeoutMs')).toBe('head-timeout-ms');
  expect(variableOf('httpPort')).toBe('KOMAINU_HTTP_PORT');
  expect(new Set(settingKeys.map(flagOf)).size).toBe(settingKeys.length);
});

test('every plain preset is allowed by its own schema', () => {
  for (const key of settingKeys) {
    const { preset, schema } = settingOf(key);
    if (preset !== undefined && typeof preset !== 'function') expect(schema.safeParse(preset).success, key).toBe(true);
  }
});

test('a README without the markers is an error, text around them stays', () => {
  expect(() => withSettingsTable('# Hello')).toThrow('settings:begin');
  const made = withSettingsTable('a\n<!-- settings:begin -->old<!-- settings:end -->\nb\n');
  expect(made).toMatch(/^a\n<!-- settings:begin -->\n\| Key[\s\S]*\n<!-- settings:end -->\nb\n$/);
});

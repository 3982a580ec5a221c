import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { settingKeys } from '../../src/settings/setting-table.ts';

/** Settings that the chart makes from values of its own, that are the same in every pod, or that mean a folder. */
const chartsOwn = [
  ...['settings', 'kubernetes', 'kubeconfig', 'kubeContext', 'stateDir', 'role', 'leaderHosts', 'leaseNamespace'],
  ...['host', 'httpPort', 'httpsPort', 'engine', 'listeners', 'adminHost', 'adminPort'],
  ...['ingressClass', 'namespaces', 'namespaceSelector', 'publishAddress'],
  ...['manifests', 'folderQuietMs', 'folderMaxWaitMs', 'folderPollMs'],
];

test('the schema of the values takes every setting but those that are the chart’s own', () => {
  const file = join(import.meta.dirname, '..', '..', 'k8s', 'helm', 'komainu', 'values.schema.json');
  const { properties } = JSON.parse(readFileSync(file, 'utf8'));
  const taken = new Set<string>(properties.settings.propertyNames.enum);
  expect([...taken, ...chartsOwn].sort()).toEqual([...settingKeys].sort());
});

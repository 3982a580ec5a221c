import { mkdtempSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { podNamespace, processIdentity } from '../../../../src/control/leader/identity.ts';

const dice = { below: () => 0, seed: () => -2 };

test('a pod is called by its name', () => {
  expect(processIdentity({ POD_NAME: 'komainu-0' }, dice)).toBe('komainu-0');
});

test('elsewhere a process is called by its machine and a number of its own', () => {
  expect(processIdentity({}, dice)).toBe(`${hostname()}-fffffffe`);
  expect(processIdentity({ POD_NAME: '' }, dice)).toBe(`${hostname()}-fffffffe`);
});

test('the namespace is the one that the pod is told, else that of its service account, else default', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'komainu-')), 'namespace');
  expect(podNamespace({}, file)).toBe('default');
  writeFileSync(file, 'ingress\n');
  expect(podNamespace({}, file)).toBe('ingress');
  expect(podNamespace({ POD_NAMESPACE: 'told' }, file)).toBe('told');
});

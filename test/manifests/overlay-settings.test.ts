import { describe, expect, test } from 'vitest';
import { runKomainu } from '../support/start-komainu.ts';
import { overlays, rolesOf, settingsFileOf } from './overlays.ts';

describe.each(overlays)('%s', (overlay) => {
  test.each(rolesOf(overlay))('the program accepts the settings of the role %s', async (role) => {
    const nowhere = { HOME: '/nowhere', KUBECONFIG: '/nowhere/kubeconfig' };
    const komainu = runKomainu(['check', '--settings', settingsFileOf(overlay, role)], { env: nowhere }, '');
    await komainu.ended;
    expect(komainu.lines).toContain('settings: no problems');
    expect(komainu.lines).toContainEqual(expect.stringMatching(/^komainu: There is no way to a cluster/));
  });
});

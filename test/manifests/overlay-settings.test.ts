import { describe, expect, test } from 'vitest';
import { runKomainu } from '../support/start-komainu.ts';
import { overlays, rolesOf, settingsFileOf } from './overlays.ts';

describe.each(overlays)('%s', (overlay) => {
  test.each(rolesOf(overlay))('the program accepts the settings of the role %s', async (role) => {
    const komainu = runKomainu(['check', '--settings', settingsFileOf(overlay, role)], {}, '');
    expect(await komainu.ended).toMatchObject({ code: 0 });
    expect(komainu.lines).toEqual([expect.stringMatching(/^settings: no problems; the source is a cluster/)]);
  });
});

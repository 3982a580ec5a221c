import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFakeApi } from '../support/fake-api/fake-api.ts';
import { startKomainu } from '../support/start-komainu.ts';
import { ObjectKeeper } from './object-keeper.ts';
import { startPods } from './pods.ts';
import type { OpenWorld } from './world.ts';

/** `serve --kubernetes` with an API server that takes anything. */
export const openFakeApiWorld: OpenWorld = async (flags) => {
  const pods = await startPods('127.0.0', '::1');
  const api = await startFakeApi();
  const folder = mkdtempSync(join(tmpdir(), 'komainu-ingress-'));
  const args = ['--kubernetes', '--kubeconfig', api.kubeconfig(folder), ...flags];
  const komainu = await startKomainu({ shards: 1, args, env: pods.environment });
  const keeper = new ObjectKeeper({
    put: (object) => api.put(object),
    remove: ({ kind, metadata }) => api.remove(kind, metadata.name, metadata.namespace),
  });
  return {
    place: 'fake',
    komainu,
    pods,
    have: (objects) => keeper.bring(objects),
    async [Symbol.asyncDispose]() {
      await komainu[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
      await pods[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true });
    },
  };
};

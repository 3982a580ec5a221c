import { documents } from '../support/manifests.ts';
import { startKomainu } from '../support/start-komainu.ts';
import { startPods } from './pods.ts';
import type { OpenWorld } from './world.ts';

/** `serve --manifests`: one file that is replaced. */
export const openFolderWorld: OpenWorld = async (flags) => {
  const pods = await startPods('127.0.0', '::1');
  const komainu = await startKomainu({ shards: 1, args: flags, env: pods.environment });
  return {
    place: 'folder',
    komainu,
    pods,
    have: (objects) => komainu.write('case.yaml', documents(...objects)),
    async [Symbol.asyncDispose]() {
      await komainu[Symbol.asyncDispose]();
      await pods[Symbol.asyncDispose]();
    },
  };
};

import { resolve } from 'node:path';
import { StartupError } from '../../../base/startup-error.ts';
import type { KubeObject } from '../../../model/objects.ts';
import type { Refusal } from '../../../model/refusal.ts';
import { FolderState } from './folder-state.ts';

export interface FolderContent {
  readonly objects: readonly KubeObject[];
  readonly refusals: readonly Refusal[];
}

/** Reads a folder of manifests once. Rejects with StartupError when there is no such folder. */
export async function loadFolder(dir: string): Promise<FolderContent> {
  const state = new FolderState(resolve(dir), () => undefined);
  const touched = new Set<string>();
  await state.walk([''], touched, { mode: 'read', below: 'read' });
  refuseMissing(state, dir);
  const { put } = state.take(touched);
  return { objects: put, refusals: state.refusals() };
}

/** Nothing usable at the start is fatal; later it is a refusal. */
export function refuseMissing(state: FolderState, dir: string): void {
  if (state.rootProblem === undefined) return;
  throw new StartupError(`The folder of manifests ${dir} cannot be read: ${state.rootProblem}.`);
}

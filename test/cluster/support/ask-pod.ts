import { get } from '../../support/raw-client.ts';
import type { Komainu } from '../../support/start-komainu.ts';
import type { PodAnswer } from './pods.ts';

/** Name of the pod that answers, or the status where none does. */
export async function askPod(komainu: Komainu, host: string, target = '/'): Promise<string | number> {
  const { status, text } = await get(komainu.port(), host, target);
  return status === 200 ? (JSON.parse(text) as PodAnswer).pod : status;
}

/** Waits until this pod, or this status, is the answer. */
export async function untilAnswers(
  komainu: Komainu,
  host: string,
  wanted: string | number,
  { target = '/', deadlineMs = 15_000 } = {},
): Promise<void> {
  const asked = async (): Promise<boolean> => (await askPod(komainu, host, target)) === wanted;
  await komainu.until(`${host}${target} is answered by ${wanted}`, asked, deadlineMs);
}

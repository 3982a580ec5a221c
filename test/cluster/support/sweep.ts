import { connectionsByShard } from '../../support/live-change.ts';
import type { RawClient } from '../../support/raw-client.ts';
import type { Komainu } from '../../support/start-komainu.ts';
import type { PodAnswer } from './pods.ts';
import type { Question } from './traffic.ts';

/** Asks every question once on every shard; what was not answered right. */
export async function wrongAnswers(komainu: Komainu, questions: readonly Question[]): Promise<readonly string[]> {
  const clients = (await connectionsByShard(komainu, 1)).flat();
  const wrong = await Promise.all(clients.map((client) => wrongOn(client, questions)));
  return wrong.flat();
}

async function wrongOn(client: RawClient, questions: readonly Question[]): Promise<readonly string[]> {
  using _ = client;
  const wrong: string[] = [];
  for (const { host, target = '/', pods } of questions) {
    const { status, text } = await client.ask([`GET ${target} HTTP/1.1`, `Host: ${host}`]);
    const pod = status === 200 ? (JSON.parse(text) as PodAnswer).pod : undefined;
    if (pod === undefined || !pods.includes(pod)) wrong.push(`${host}${target}: ${status} ${pod ?? text}`);
  }
  return wrong;
}

import { expect, test } from 'vitest';
import { answers, type ClusterStage, get, startClusterStage } from '../../support/cluster-stage.ts';
import { freePort } from '../../support/free-port.ts';
import { type Answer, ask } from '../../support/raw-client.ts';
import type { Komainu } from '../../support/start-komainu.ts';

/** Started, and not waited for; its admin port answers from the beginning. */
async function startUnready(
  stage: ClusterStage,
  ...flags: readonly string[]
): Promise<[Komainu, () => Promise<Answer>]> {
  const adminPort = await freePort();
  const komainu = await stage.start(['--admin-port', String(adminPort), ...flags], { waits: false });
  const ready = (): Promise<Answer> =>
    ask(adminPort, ['GET /readyz?verbose HTTP/1.1', 'Host: localhost', 'Connection: close']);
  await komainu.until('the admin port answers', () => ready().catch(() => undefined));
  return [komainu, ready];
}

test('while the API server is away the program waits, not ready, and serves as soon as it comes', async () => {
  await using stage = await startClusterStage();
  stage.route('a');
  await stage.api.down();
  const [komainu, ready] = await startUnready(stage);
  const said = await komainu.until('the failure is told', async () => {
    const answer = await ready();
    return answer.text.includes('[-]cluster/Ingress failed: the API server cannot be asked') && answer;
  });
  expect(said.status).toBe(503);
  expect(said.text).toContain('[-]routes failed');
  expect(komainu.running).toBe(true);
  await stage.api.up();
  await komainu.serving();
  expect((await get(komainu, 'a.test')).status).toBe(200);
  await komainu.until('it is ready', async () => (await ready()).status === 200);
});

test.each(['Ingress', 'Service', 'EndpointSlice'])(
  'without the list of %s it is not ready, however much else is there',
  async (kind) => {
    await using stage = await startClusterStage();
    stage.route('a');
    stage.api.fault({ on: 'list', kind, misdeed: { do: 'answer', status: 500 } });
    const [komainu, ready] = await startUnready(stage);
    const others = ['Ingress', 'Service', 'EndpointSlice'].filter((other) => other !== kind);
    await komainu.until('the others are listed', async () => {
      const { text } = await ready();
      return (
        others.every((other) => text.includes(`[+]cluster/${other} ok`)) && text.includes(`[-]cluster/${kind} failed`)
      );
    });
    expect((await ready()).status).toBe(503);
    expect(komainu.event('serving')).toBeUndefined();
    stage.api.faults.clear();
    await komainu.serving();
    expect((await get(komainu, 'a.test')).status).toBe(200);
  },
);

test('a kind that we may not read keeps it unready, and is read within 30 s when we may', {
  timeout: 90_000,
}, async () => {
  await using stage = await startClusterStage();
  stage.route('a');
  stage.api.forbid('Service');
  const [komainu, ready] = await startUnready(stage);
  await komainu.until('it is told', async () =>
    (await ready()).text.includes('[-]cluster/Service failed: the API server lets us not read'),
  );
  stage.api.allow('Service');
  await komainu.serving();
  await answers(komainu, 'a.test', 200);
});

test('it ends in order while it waits', async () => {
  await using stage = await startClusterStage();
  await stage.api.down();
  const [komainu] = await startUnready(stage);
  expect(await komainu.stop()).toEqual({ code: 0, signal: null });
});

test('without a usable kubeconfig it says so in one sentence and ends with 78', async () => {
  await using stage = await startClusterStage();
  const komainu = await stage.start(['--kube-context', 'nobody'], { waits: false });
  expect(await komainu.ended).toEqual({ code: 78, signal: null });
  expect(komainu.lines.filter((line) => line.startsWith('komainu: '))).toHaveLength(1);
});

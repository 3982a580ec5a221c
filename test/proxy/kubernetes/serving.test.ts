import { expect, test } from 'vitest';
import { answers, clusterIngress, get, startClusterStage } from '../../support/cluster-stage.ts';

test('a cluster is served as a folder is, and follows its changes', async () => {
  await using stage = await startClusterStage();
  stage.route('a', 'b');
  const komainu = await stage.start();
  expect(await get(komainu, 'a.test', '/x')).toMatchObject({ status: 200, text: 'a.test /x' });
  stage.route('c');
  await answers(komainu, 'c.test', 200);
  stage.api.remove('Ingress', 'a');
  await answers(komainu, 'a.test', 404);
  stage.api.remove('EndpointSlice', 'b-0');
  await answers(komainu, 'b.test', 503);
  stage.put(clusterIngress('c', [{ host: 'd.test', service: 'c' }]));
  await answers(komainu, 'd.test', 200);
  expect((await get(komainu, 'c.test')).status).toBe(404);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { admit } from '../../src/control/sources/admit/admit.ts';
import { readClaims } from '../../src/control/translate/claims.ts';
import type { KubeObject } from '../ingress/case.ts';
import { newSeed } from '../support/dice.ts';
import { seededDice } from '../unit/data/http1/head-corpus.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import type { ClusterAnswer } from './support/cluster-client.ts';
import { eachAtOnce } from './support/each-at-once.ts';
import { manySites } from './support/many-sites.ts';
import { ingressClass, namespaceObject } from './support/objects.ts';
import { oddObject } from './support/odd-objects.ts';
import { type Pod, startPod } from './support/pods.ts';
import { startInCluster } from './support/start-in-cluster.ts';
import { wrongAnswers } from './support/sweep.ts';
import { Traffic } from './support/traffic.ts';

const ODD = 4_000;
const AT_ONCE = 16;
const NAMESPACE = 'odd';

let cluster: Cluster;
let pod: Pod;
let asked: readonly Asked[];

/** An object and what a real API server says of it. */
interface Asked {
  readonly object: KubeObject;
  readonly answer: ClusterAnswer;
}

beforeAll(async () => {
  cluster = await startCluster();
  pod = await startPod('good');
  await cluster.admin.apply(namespaceObject(NAMESPACE), ingressClass());
  const seed = newSeed();
  console.log(`KOMAINU_TEST_SEED=${seed}`);
  const dice = seededDice(seed);
  const objects = Array.from({ length: ODD }, (_, index) => oddObject(dice, `odd-${index}`, NAMESPACE));
  asked = await eachAtOnce(AT_ONCE, objects, async (object) => ({ object, answer: await dryRun(object) }));
});
afterAll(async () => {
  await pod?.stop();
  await cluster?.[Symbol.asyncDispose]();
});

const dryRun = (object: KubeObject): Promise<ClusterAnswer> => cluster.admin.create(object, { dryRun: 'All' });

const taken = (): readonly Asked[] => asked.filter(({ answer }) => answer.status === 201);
const textOf = (object: KubeObject): string => JSON.stringify(object).slice(0, 1_000);

/** What Komainu has against an object, apart from what others say. */
function refusalsOf(raw: unknown, folder: boolean): readonly { readonly field: string; readonly message: string }[] {
  const { objects, refusals } = admit(raw, { file: '', folder });
  return [...refusals, ...objects.flatMap((one) => (one.kind === 'Ingress' ? readClaims(one).refusals : []))];
}

/** All that an API server takes and we refuse: no more than this. */
const ourOwn: readonly RegExp[] = [
  /\.resource is not supported/,
  /can never match: /,
  /is (already )?taken by .* of the same Ingress/,
  /has no http, and there is no usable spec\.defaultBackend/,
  /^ports\[\d+\]\.port is /,
  // Annotations of ours.
  /is no (weight|way to spread requests|version of the PROXY protocol|token)/,
  /is not allowed; it must be pass/,
  /counts only in a folder/,
  /^".*" .*(cookie|header)/,
  // Secrets, where an Ingress names them.
  /^its type is not /,
  /^it has no tls\./,
  /^its tls\.\w+ has no /,
];

test('what the API server takes Komainu takes, but for what it says it does not', () => {
  const refused = taken().flatMap(({ object, answer }) =>
    refusalsOf(JSON.parse(answer.text), false)
      .filter(({ message }) => !ourOwn.some((one) => one.test(message)))
      .map(({ field, message }) => `${field}: ${message}\n${textOf(object)}`),
  );
  expect(refused).toEqual([]);
});

/** Fields that routes and endpoints are made of; who writes a folder may name any address, also as text that is not canonical. */
const weighty = /^spec(\.rules|\.defaultBackend|\.ingressClassName|$)|^addressType|^endpoints\[\d+\]\.addresses\[\d+\]/;
const allowedInFolders =
  /loopback range|link-local range|must be in canonical form|must not be an IPv4-mapped|subdomain|domain/;

function weightyCauses({ answer }: Asked): readonly string[] {
  const { details } = JSON.parse(answer.text) as { details?: { causes?: { field?: string; message: string }[] } };
  const causes = (details?.causes ?? []).filter(({ field = '' }) => weighty.test(field));
  return causes.map(({ field, message }) => `${field}: ${message}`);
}

test('what the API server has against a rule, a backend or an address, a folder has too', () => {
  const refused = asked.filter(({ object, answer }) => answer.status === 422 && object.kind !== 'Service');
  const passed = refused.flatMap((one) => {
    if (refusalsOf(one.object, true).length > 0) return [];
    const causes = weightyCauses(one).filter((cause) => cause.startsWith('spec') || !allowedInFolders.test(cause));
    return causes.map((cause) => `${cause}\n${textOf(one.object)}`);
  });
  expect(passed).toEqual([]);
});

test('a thousand odd objects that the API server takes harm none that is in order, also after a restart', async () => {
  const { objects, questions } = manySites('good', 50, [pod]);
  await cluster.admin.createAll(objects);
  const odd = taken().slice(0, 1_000);
  expect(odd).toHaveLength(1_000);
  const komainu = await startInCluster({ kubeconfig: cluster.kubeconfig() });
  try {
    const traffic = new Traffic(komainu.port(), questions);
    await eachAtOnce(AT_ONCE, odd, ({ object }) => cluster.admin.create(object));
    const last = manySites('last', 1, [pod]);
    await cluster.admin.apply(...last.objects);
    await komainu.until(
      'the last one is served',
      async () => (await wrongAnswers(komainu, last.questions)).length === 0,
    );
    await traffic.more(questions.length);
    expect((await traffic.stop()).wrong).toEqual([]);
    expect((await komainu.shards()).filter(({ restarts }) => restarts > 0)).toEqual([]);
  } finally {
    await komainu[Symbol.asyncDispose]();
  }
  await using again = await startInCluster({ kubeconfig: cluster.kubeconfig() });
  expect(await wrongAnswers(again, questions)).toEqual([]);
});

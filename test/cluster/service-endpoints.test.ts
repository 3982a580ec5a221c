import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ingress, rule } from '../ingress/objects.ts';
import type { Komainu } from '../support/start-komainu.ts';
import { askPod } from './support/ask-pod.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import { makeNode, type PodPlace, tellPod } from './support/nodes.ts';
import { ingressClass, service } from './support/objects.ts';
import { type Pod, startPod } from './support/pods.ts';
import { findProgram } from './support/programs.ts';
import { startInCluster } from './support/start-in-cluster.ts';

const NODE = 'node-1';
const REQUESTS = 40;

/** What the documentation says of Services and their EndpointSlices, with the controller that makes the slices. */
describe.skipIf(findProgram('kube-controller-manager') === undefined)('the slices of kube-controller-manager', () => {
  let cluster: Cluster;
  let komainu: Komainu;
  const pods: Pod[] = [];
  beforeAll(async () => {
    cluster = await startCluster({ controllers: true });
    await cluster.admin.apply(ingressClass());
    await makeNode(cluster.admin, NODE);
    komainu = await startInCluster({ kubeconfig: cluster.kubeconfig(), shards: 1 });
  });
  afterAll(async () => {
    await komainu?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
    for (const pod of pods) await pod.stop();
  });

  /** A Service that selects pods by its own name, at `NAME.test`. */
  async function serve(name: string, spec: object, backendPort: number | string = 80): Promise<void> {
    const ports = [{ name: 'http', port: 80, targetPort: 8080 }];
    await cluster.admin.apply(
      ingress(name, [rule(`${name}.test`, `Prefix / ${name}:${backendPort}`)]),
      service(name, { clusterIP: undefined, selector: { app: name }, ports, ...spec }),
    );
  }

  async function pod(app: string, name: string, port = 8080, place: Partial<PodPlace> = {}): Promise<Pod> {
    const made = await startPod(name, { port });
    pods.push(made);
    await told(app, made, place);
    return made;
  }

  const told = (app: string, made: Pod, place: Partial<PodPlace> = {}): Promise<object> =>
    tellPod(cluster.admin, made, { node: NODE, labels: { app }, ...place });

  /** These and nobody else answer; a status is an answer too. */
  async function answered(name: string, ...expected: readonly (string | number)[]): Promise<void> {
    const wanted = JSON.stringify([...expected].sort());
    const look = async (): Promise<boolean> => {
      const seen = new Set<string | number>();
      for (let request = 0; request < REQUESTS; request++) seen.add(await askPod(komainu, `${name}.test`));
      return JSON.stringify([...seen].sort()) === wanted;
    };
    await komainu.until(`${name}.test is answered by ${wanted}`, look, 30_000);
  }

  const podRef = (name: string): object => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name } });

  test('pods may have different numbers for one named target port (Service, Port definitions)', async () => {
    await serve('named', { ports: [{ name: 'http', port: 80, targetPort: 'http-web-svc' }] });
    await pod('named', 'named-old', 8080, { portName: 'http-web-svc' });
    await pod('named', 'named-new', 9090, { portName: 'http-web-svc' });
    await answered('named', 'named-old', 'named-new');
  });

  test('a port of several is found by its number or its name (Service, Multi-port Services)', async () => {
    const ports = [
      { name: 'metrics', port: 9100, targetPort: 9100 },
      { name: 'http', port: 80, targetPort: 8080 },
    ];
    await serve('several', { ports }, 'http');
    await pod('several', 'several-1');
    await answered('several', 'several-1');
    await serve('several', { ports }, 9100);
    await answered('several', 502);
  });

  test('a pod gets requests while it is ready (EndpointSlices, Conditions)', async () => {
    await serve('ready', {});
    const [one] = [await pod('ready', 'ready-1'), await pod('ready', 'ready-2')];
    await answered('ready', 'ready-1', 'ready-2');
    await told('ready', one, { ready: false });
    await answered('ready', 'ready-2');
    await told('ready', one);
    await answered('ready', 'ready-1', 'ready-2');
  });

  test('no pod is ready, or there is none: 503', async () => {
    await serve('none', {});
    await answered('none', 503);
    const one = await pod('none', 'none-1', 8080, { ready: false });
    await answered('none', 503);
    await told('none', one);
    await answered('none', 'none-1');
  });

  test('publishNotReadyAddresses: pods count as ready even if they are not (core/v1, ServiceSpec)', async () => {
    await serve('anyway', { publishNotReadyAddresses: true, clusterIP: 'None' });
    await pod('anyway', 'anyway-1', 8080, { ready: false });
    await answered('anyway', 'anyway-1');
  });

  test('a headless Service is served by the addresses of its pods (Service, Headless Services)', async () => {
    await serve('headless', { clusterIP: 'None' });
    await pod('headless', 'headless-1');
    await answered('headless', 'headless-1');
  });

  test('a pod that terminates gets nothing, unless all do and it still serves (EndpointSlices, Conditions)', async () => {
    await serve('ending', {});
    const [one, two] = [await pod('ending', 'ending-1'), await pod('ending', 'ending-2')];
    await answered('ending', 'ending-1', 'ending-2');
    await cluster.admin.remove(podRef('ending-1'));
    await answered('ending', 'ending-2');
    await told('ending', two, { ready: false });
    await answered('ending', 'ending-1');
    await cluster.admin.patch(podRef(one.name), notReady, 'status');
    await answered('ending', 503);
    await told('ending', two);
    await answered('ending', 'ending-2');
  });

  test('a Service may select other pods (Service, Defining a Service)', async () => {
    await serve('choice', { selector: { app: 'choice', track: 'stable' } });
    await pod('choice', 'choice-1', 8080, { labels: { app: 'choice', track: 'stable' } });
    await pod('choice', 'choice-2', 8080, { labels: { app: 'choice', track: 'canary' } });
    await answered('choice', 'choice-1');
    await serve('choice', { selector: { app: 'choice', track: 'canary' } });
    await answered('choice', 'choice-2');
    expect(await askPod(komainu, 'choice.test')).toBe('choice-2');
  });
});

const notReady = { status: { conditions: [{ type: 'Ready', status: 'False' }] } };

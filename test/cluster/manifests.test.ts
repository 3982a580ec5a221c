import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { thisMachine } from '../../src/settings/machine.ts';
import { readSettings, type Settings } from '../../src/settings.ts';
import { may, type Question } from './support/access.ts';
import { type Cluster, startCluster } from './support/cluster.ts';
import type { KubeObject } from './support/cluster-client.ts';
import { findProgram } from './support/programs.ts';
import {
  alike,
  chartFlags,
  chartFolder,
  NAMESPACE,
  nameOf,
  podOf,
  renderChart,
  renderElsewhere,
  renderFolder,
  type SetUp,
  setUps,
  workloadsOf,
} from './support/rendered.ts';
import { runTool, type Told } from './support/tools.ts';

const names = Object.keys(setUps) as SetUp[];

let cluster: Cluster;
let kubeconfig: string;
const rendered = new Map<SetUp, readonly KubeObject[]>();

const tools = findProgram('kubectl') !== undefined && findProgram('helm') !== undefined;

describe.skipIf(!tools)('the manifests', () => {
  beforeAll(async () => {
    cluster = await startCluster();
    kubeconfig = cluster.kubeconfig();
    for (const name of names) rendered.set(name, await renderFolder(kubeconfig, join('overlays', name)));
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  test('are six overlays, each with its examples', () => {
    const overlays = join(chartFolder, '..', '..', 'overlays');
    expect(readdirSync(overlays).sort()).toEqual([...names].sort());
    for (const name of names) {
      const files = readdirSync(join(overlays, name));
      expect(files).toEqual(expect.arrayContaining(['haproxy.example', 'nginx.example', 'dns.example']));
    }
  });

  describe.each(names)('%s', (name) => {
    const objects = (): readonly KubeObject[] => rendered.get(name) as readonly KubeObject[];
    const hostPorts = name.endsWith('daemonset');

    test('the chart makes the same objects', async () => {
      const chart = alike(await renderChart(kubeconfig, setUps[name]));
      const overlay = alike(objects().filter(({ kind }) => kind !== 'Namespace'));
      expect([...chart.keys()].sort()).toEqual([...overlay.keys()].sort());
      for (const [object, said] of overlay) expect(chart.get(object), object).toEqual(said);
    });

    test('what is named is there', () => {
      const there = new Set(objects().map(nameOf));
      const missing = objects()
        .flatMap(namesIn)
        .filter((one) => !there.has(one));
      expect(missing).toEqual([]);
    });

    test('all of it moves to another namespace', async () => {
      const moved = await renderElsewhere(kubeconfig, name, 'edge');
      const there = new Set(moved.map(nameOf));
      expect(moved.flatMap(namesIn).filter((one) => !there.has(one))).toEqual([]);
      const spaces = moved.map(({ kind, metadata }) => (kind === 'Namespace' ? metadata.name : metadata.namespace));
      expect(new Set(spaces)).toEqual(new Set(['edge', undefined]));
    });

    test('selectors and ports of Services, budgets and policies are those of pods', () => {
      for (const object of objects().filter(({ kind }) => selects.has(kind))) {
        const pods = workloadsOf(objects())
          .map(podOf)
          .filter((pod) => isSelected(pod, selectorOf(object)));
        expect(pods.length, nameOf(object)).toBeGreaterThan(0);
        const open = pods.flatMap(({ spec }) => spec.containers[0].ports.map((port: { name: string }) => port.name));
        expect(open, nameOf(object)).toEqual(expect.arrayContaining(portNamesOf(object)));
      }
    });

    test('the settings are accepted by the program, and the pods leave it the time that they say', () => {
      for (const workload of workloadsOf(objects())) {
        const { preStopMs, graceMs, adminPort, listeners, adminAddress, leaseName } = settingsOf(workload, objects());
        const { terminationGracePeriodSeconds, containers } = workload.spec.template.spec;
        expect(terminationGracePeriodSeconds).toBe((preStopMs + graceMs) / 1000 + 5);
        const ports = containers[0].ports.map((port: { name: string; containerPort: number }) => [
          port.name,
          port.containerPort,
        ]);
        expect(ports).toEqual([
          ['http', listeners[0].port],
          ['https', 8443],
          ['admin', adminPort],
        ]);
        expect(adminAddress).toBe('0.0.0.0');
        const election = objects().find(
          ({ kind, metadata }) => kind === 'Role' && metadata.name === 'komainu-election',
        );
        expect(election?.rules[0].resourceNames).toEqual([leaseName]);
      }
    });

    test('the API server accepts all of it strictly, in a dry run and for real; the chart too', async () => {
      await apply(objects().filter(({ kind }) => kind === 'Namespace'));
      for (const flags of [['--dry-run=server'], []]) {
        const told = await apply(objects(), ...flags);
        expect(told.stdout.trim().split('\n')).toHaveLength(objects().length);
        expect(withoutPorts(told.stderr)).toBe('');
      }
      expect(await rightsOf(name)).toEqual(rightsMeant(name));
      const stay = objects().filter(({ kind }) => kind !== 'Namespace');
      await told('kubectl', ['delete', '--wait=false', '-f', '-'], list(stay));
      const flags = ['komainu', chartFolder, '--namespace', NAMESPACE, ...chartFlags(setUps[name])];
      await told(
        'kubectl',
        ['apply', '--validate=strict', '--dry-run=server', '-f', '-'],
        list(await renderChart(kubeconfig, setUps[name])),
      );
      await told('helm', ['install', ...flags]);
      expect(await rightsOf(name)).toEqual(rightsMeant(name));
      await told('helm', ['uninstall', 'komainu', '--namespace', NAMESPACE]);
    });

    test(`Pod Security takes the pods, ${hostPorts ? 'and warns of their ports alone' : 'at its strictest level'}`, async () => {
      await apply(objects().filter(({ kind }) => kind === 'Namespace'));
      for (const pod of workloadsOf(objects()).map(podOf)) {
        const { code, stderr } = await make(pod);
        expect(code).toBe(0);
        expect(withoutPorts(stderr)).toBe('');
        expect(stderr !== '').toBe(hostPorts);
        const root = { ...pod, spec: { ...pod.spec, securityContext: {} } };
        const loose = await make(root);
        expect(loose.stderr).toContain('runAsNonRoot != true');
        expect(loose.code).toBe(hostPorts ? 0 : 1);
      }
    });
  });

  test('a second release beside the first has names and a Lease of its own, however long its name', async () => {
    const first = await renderChart(kubeconfig, setUps.cluster);
    const second = ['ingressClass.name=second', 'settings.controller=example.com/second'];
    const release = 'second-release-with-a-name-as-long-as-it-may-be-12345';
    const other = await renderChart(kubeconfig, [...setUps.cluster, ...second], release);
    const taken = new Set(first.map(nameOf));
    expect(other.map(nameOf).filter((one) => taken.has(one))).toEqual([]);
    const lease = 'second-release-with-a-name-as-long-as-i-leader';
    expect(leasesOf(first)).toEqual([['komainu-leader'], undefined]);
    expect(leasesOf(other)).toEqual([[lease], lease]);
    await apply([namespaceNamed(NAMESPACE)]);
    await apply(other, '--dry-run=server');
  });

  test('a field that does not exist is refused', async () => {
    const [pod] = workloadsOf(rendered.get('simple')!).map(podOf);
    const { code, stderr } = await make({ ...pod, spec: { ...pod.spec, nodeSelektor: {} } });
    expect([code, stderr]).toEqual([1, expect.stringContaining('unknown field "spec.nodeSelektor"')]);
  });
});

const namespaceNamed = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

/** The one that may be written, and the one that the leaders' settings name. */
function leasesOf(objects: readonly KubeObject[]): unknown[] {
  const role = objects.find(({ kind, metadata }) => kind === 'Role' && metadata.name.endsWith('-election'));
  const settings = objects.find(
    ({ kind, data }) => kind === 'ConfigMap' && data['settings.yaml'].includes('role: leader'),
  );
  const said = /^leaseName: (.*)$/m.exec(settings?.data['settings.yaml']);
  return [role?.rules[0].resourceNames, said?.[1]];
}

const list = (items: readonly KubeObject[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });

/** Of a call that must go well. */
async function told(tool: 'kubectl' | 'helm', args: readonly string[], input = ''): Promise<Told> {
  const answer = await runTool(tool, kubeconfig, args, input);
  expect(answer.code, `${tool} ${args.join(' ')}: ${answer.stderr}`).toBe(0);
  return answer;
}

const apply = (items: readonly KubeObject[], ...flags: string[]): Promise<Told> =>
  told('kubectl', ['apply', '--validate=strict', ...flags, '-f', '-'], list(items));

const make = (pod: KubeObject): Promise<Told> =>
  runTool('kubectl', kubeconfig, ['create', '--validate=strict', '--dry-run=server', '-f', '-'], JSON.stringify(pod));

/** What is said besides the one warning that is meant: on each node's own port. */
const withoutPorts = (stderr: string): string =>
  stderr
    .split('\n')
    .filter((line) => !/^Warning: would violate PodSecurity "restricted:latest": hostPort \([^)]*\)$/.test(line))
    .join('\n')
    .trim();

/** Names of the objects that an object leads to. */
function namesIn(object: KubeObject): string[] {
  const { kind, metadata } = object;
  const rbac = 'rbac.authorization.k8s.io/v1';
  if (kind === 'ClusterRoleBinding' || kind === 'RoleBinding') {
    const { roleRef, subjects } = object;
    const within = roleRef.kind === 'Role' ? `${metadata.namespace}/` : '';
    const accounts = subjects.map((one: { namespace: string; name: string }) => `${one.namespace}/${one.name}`);
    return [
      `${rbac} ${roleRef.kind} ${within}${roleRef.name}`,
      ...accounts.map((one: string) => `v1 ServiceAccount ${one}`),
    ];
  }
  if (kind !== 'Deployment' && kind !== 'DaemonSet') return [];
  const { serviceAccountName, volumes } = object.spec.template.spec;
  const space = metadata.namespace;
  const maps = volumes.flatMap((volume: { configMap?: { name: string } }) => volume.configMap?.name ?? []);
  const wanted = maps.map((name: string) => `v1 ConfigMap ${space}/${name}`);
  return [`v1 ServiceAccount ${space}/${serviceAccountName}`, ...wanted];
}

const selects = new Set(['Service', 'PodDisruptionBudget', 'NetworkPolicy']);

const selectorOf = ({ kind, spec }: KubeObject): Record<string, string> => {
  if (kind === 'Service') return spec.selector;
  return (kind === 'NetworkPolicy' ? spec.podSelector : spec.selector).matchLabels;
};

const isSelected = ({ metadata }: KubeObject, selector: Record<string, string>): boolean =>
  Object.entries(selector).every(([key, value]) => metadata.labels[key] === value);

function portNamesOf({ kind, spec }: KubeObject): string[] {
  if (kind === 'Service') return spec.ports.map((port: { targetPort: string }) => port.targetPort);
  if (kind !== 'NetworkPolicy') return [];
  return spec.ingress.flatMap((rule: { ports: { port: string }[] }) => rule.ports.map(({ port }) => port));
}

/** What the program reads in the ConfigMap of a workload. */
function settingsOf(workload: KubeObject, objects: readonly KubeObject[]): Settings {
  const { volumes, containers } = workload.spec.template.spec;
  const map = volumes.find((volume: { name: string }) => volume.name === 'settings').configMap.name;
  const { data } = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === map) as KubeObject;
  const [command, flag, file] = containers[0].args;
  expect([command, flag, file]).toEqual(['serve', '--settings', '/etc/komainu/settings.yaml']);
  const result = readSettings({
    ...{ flags: { settings: file }, environment: {}, machine: thisMachine(), directory: '/' },
    isFolder: () => true,
    readText: () => data['settings.yaml'],
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.settings;
}

const lease = { group: 'coordination.k8s.io', resource: 'leases' };
const status = { group: 'networking.k8s.io', resource: 'ingresses', subresource: 'status', namespace: 'shop' };

/** Rights and the service accounts that have them: r(eader), w(riter), n (a writer that tells the addresses of nodes). */
const rights: readonly (readonly [who: '' | 'r' | 'w' | 'n', question: Question])[] = [
  ['r', { verb: 'list', group: 'networking.k8s.io', resource: 'ingressclasses' }],
  ['r', { verb: 'watch', group: 'networking.k8s.io', resource: 'ingresses' }],
  ['r', { verb: 'watch', resource: 'services' }],
  ['r', { verb: 'watch', group: 'discovery.k8s.io', resource: 'endpointslices' }],
  ['r', { verb: 'get', resource: 'secrets', namespace: 'shop', name: 'shop-tls' }],
  ['w', { verb: 'patch', ...status }],
  ['w', { verb: 'create', group: 'events.k8s.io', resource: 'events', namespace: 'shop' }],
  ['w', { verb: 'create', ...lease, namespace: NAMESPACE }],
  ['w', { verb: 'update', ...lease, namespace: NAMESPACE, name: 'komainu-leader' }],
  ['n', { verb: 'list', resource: 'nodes' }],
  ['n', { verb: 'list', resource: 'pods', namespace: NAMESPACE }],
  ['', { verb: 'list', resource: 'secrets' }],
  ['', { verb: 'watch', resource: 'secrets', namespace: NAMESPACE }],
  ['', { verb: 'list', resource: 'namespaces' }],
  ['', { verb: 'list', resource: 'pods', namespace: 'shop' }],
  ['', { verb: 'patch', group: 'networking.k8s.io', resource: 'ingresses', namespace: 'shop' }],
  ['', { verb: 'update', ...status }],
  ['', { verb: 'update', ...lease, namespace: NAMESPACE, name: 'another' }],
  ['', { verb: 'create', ...lease, namespace: 'shop' }],
];

const accountsOf = (name: SetUp): readonly string[] =>
  name.startsWith('cluster') ? ['komainu-leader', 'komainu-worker'] : ['komainu'];

const rightText = (
  account: string,
  { verb, resource, subresource = '', namespace = '', name = '' }: Question,
): string => `${account}: ${verb} ${resource} ${[subresource, namespace, name].join(' ')}`;

async function rightsOf(name: SetUp): Promise<string[]> {
  const has: string[] = [];
  for (const account of accountsOf(name)) {
    for (const [, question] of rights) {
      const allowed = await may(cluster.admin, { namespace: NAMESPACE, name: account }, question);
      if (allowed) has.push(rightText(account, question));
    }
  }
  return has;
}

function rightsMeant(name: SetUp): string[] {
  const tellsNodes = name.includes('baremetal');
  return accountsOf(name).flatMap((account) => {
    const roles = account.endsWith('worker') ? 'r' : tellsNodes ? 'rwn' : 'rw';
    return rights.flatMap(([who, question]) =>
      who !== '' && roles.includes(who) ? [rightText(account, question)] : [],
    );
  });
}

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { KubeObject } from './cluster-client.ts';
import { runTool } from './tools.ts';

const k8s = join(import.meta.dirname, '..', '..', '..', 'k8s');
export const chartFolder = join(k8s, 'helm', 'komainu');

/** Each overlay, and the values with which the chart says the same. */
export const setUps = {
  simple: ['mode=simple', 'kind=Deployment', 'exposure=LoadBalancer'],
  'simple-baremetal': ['mode=simple', 'kind=Deployment', 'exposure=NodePort'],
  'simple-baremetal-daemonset': ['mode=simple', 'kind=DaemonSet', 'exposure=HostPort'],
  cluster: ['mode=cluster', 'kind=Deployment', 'exposure=LoadBalancer'],
  'cluster-baremetal': ['mode=cluster', 'kind=Deployment', 'exposure=NodePort'],
  'cluster-baremetal-daemonset': ['mode=cluster', 'kind=DaemonSet', 'exposure=HostPort'],
} as const;

export type SetUp = keyof typeof setUps;

export const NAMESPACE = 'komainu';

export const chartFlags = (values: readonly string[]): string[] => values.flatMap((value) => ['--set', value]);

/** What `kubectl kustomize` makes of a folder below `k8s`. */
export const renderFolder = (kubeconfig: string, folder: string): Promise<readonly KubeObject[]> =>
  render('kubectl', kubeconfig, ['kustomize', join(k8s, folder)]);

/** The same with another `namespace:`, as a kustomization of one's own around an overlay says it. */
export async function renderElsewhere(
  kubeconfig: string,
  overlay: SetUp,
  namespace: string,
): Promise<readonly KubeObject[]> {
  const folder = mkdtempSync(join(tmpdir(), 'overlay-'));
  const resources = [relative(folder, join(k8s, 'overlays', overlay))];
  const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', namespace, resources };
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
  return await render('kubectl', kubeconfig, ['kustomize', folder]);
}

/** What `helm template` makes of the chart. */
export const renderChart = (
  kubeconfig: string,
  values: readonly string[],
  release = 'komainu',
): Promise<readonly KubeObject[]> =>
  render('helm', kubeconfig, ['template', release, chartFolder, '--namespace', NAMESPACE, ...chartFlags(values)]);

async function render(
  tool: 'kubectl' | 'helm',
  kubeconfig: string,
  args: readonly string[],
): Promise<readonly KubeObject[]> {
  const { code, stdout, stderr } = await runTool(tool, kubeconfig, args);
  if (code !== 0) throw new Error(`${tool} ${args.join(' ')}: ${stderr}`);
  return parseAllDocuments(stdout).flatMap((document) => (document.contents === null ? [] : [document.toJS()]));
}

/** `apps/v1 Deployment komainu/komainu` */
export const nameOf = ({ apiVersion, kind, metadata }: KubeObject): string =>
  `${apiVersion} ${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;

const CHART_LABELS = ['helm.sh/chart', 'app.kubernetes.io/managed-by', 'app.kubernetes.io/version'];

/**
 * By name, without what only one of the two ways has: kustomize names ConfigMaps after their content, the chart says on each
 * object what made it, and on each pod what its settings were.
 */
export const alike = (objects: readonly KubeObject[]): ReadonlyMap<string, KubeObject> =>
  new Map(objects.map((object) => plain(object)).map((object) => [nameOf(object), object]));

function plain(object: KubeObject): KubeObject {
  const copy = JSON.parse(
    JSON.stringify(object).replaceAll(/(komainu-settings(?:-leader|-worker)?)-[a-z0-9]{10}"/g, '$1"'),
  );
  for (const label of CHART_LABELS) delete copy.metadata.labels[label];
  const annotations = copy.spec?.template?.metadata.annotations;
  if (annotations !== undefined) delete annotations['checksum/settings'];
  if (copy.kind === 'ConfigMap') copy.data = { 'settings.yaml': parse(copy.data['settings.yaml']) };
  return copy;
}

/** Deployments and DaemonSets. */
export const workloadsOf = (objects: readonly KubeObject[]): readonly KubeObject[] =>
  objects.filter(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet');

/** The pod that a workload would have made. */
export const podOf = ({ metadata, spec }: KubeObject): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...spec.template.metadata, name: `${metadata.name}-0`, namespace: metadata.namespace as string },
  spec: spec.template.spec,
});

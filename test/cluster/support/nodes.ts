import type { ClusterClient } from './cluster-client.ts';
import type { Pod } from './pods.ts';

/** As `status.addresses` of a Node says them. */
export interface NodeAddress {
  readonly type: 'InternalIP' | 'ExternalIP' | 'Hostname';
  readonly address: string;
}

/** A Node that nobody runs. */
export async function makeNode(
  admin: ClusterClient,
  name: string,
  addresses: readonly NodeAddress[] = [],
): Promise<object> {
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name } };
  await admin.apply(node);
  await admin.patch(node, { status: { addresses, conditions: [{ type: 'Ready', status: 'True' }] } }, 'status');
  return node;
}

export interface PodPlace {
  /** There must be such a Node: the EndpointSlice controller leaves out pods of others. */
  readonly node: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** What its container calls the port it listens on. */
  readonly portName?: string;
  /** Left out: it is. */
  readonly ready?: boolean;
}

/** The Pod object of a pod, ready or not as if a kubelet had said so. Told again, it may be ready or not. */
export async function tellPod(
  admin: ClusterClient,
  { name, address, port }: Pick<Pod, 'name' | 'address' | 'port'>,
  { node, namespace = 'default', labels = {}, portName, ready = true }: PodPlace,
): Promise<object> {
  const ports = portName === undefined ? {} : { ports: [{ name: portName, containerPort: port }] };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { nodeName: node, containers: [{ name: 'web', image: 'none', ...ports }] },
  };
  await admin.apply(pod);
  const addresses = { podIP: address, podIPs: [{ ip: address }] };
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  await admin.patch(pod, { status: { phase: 'Running', ...addresses, conditions } }, 'status');
  return pod;
}

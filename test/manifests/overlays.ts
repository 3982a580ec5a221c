import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

const folder = join(import.meta.dirname, '..', '..', 'k8s', 'overlays');

export const overlays = readdirSync(folder).sort();

export type Role = 'all' | 'leader' | 'worker';

export const overlayFolder = (overlay: string): string => join(folder, overlay);

/** The workloads of an overlay are its folders, or there is one with the role `all`. */
export const rolesOf = (overlay: string): readonly Role[] =>
  existsSync(join(folder, overlay, 'leader')) ? ['leader', 'worker'] : ['all'];

const partFolder = (overlay: string, role: Role): string =>
  role === 'all' ? join(folder, overlay) : join(folder, overlay, role);

export const settingsFileOf = (overlay: string, role: Role): string => join(partFolder(overlay, role), 'settings.yaml');

export interface OutsidePort {
  readonly role: Role;
  readonly name: string;
}

/** What is reached from outside: `:31080` on every node, or the `address:port` that the examples have for a load balancer. */
export function outsidePorts(overlay: string): ReadonlyMap<string, OutsidePort> {
  const found = new Map<string, OutsidePort>();
  for (const service of servicesOf(overlay)) {
    const role = (service.spec.selector['app.kubernetes.io/component'] ?? 'all') as Role;
    const address = role === 'leader' ? '10.2.3.20' : '10.2.3.10';
    for (const { name, port, nodePort } of service.spec.ports) {
      if (nodePort !== undefined) found.set(`:${nodePort}`, { role, name });
      if (service.spec.type === 'LoadBalancer') found.set(`${address}:${port}`, { role, name });
    }
  }
  for (const role of rolesOf(overlay)) {
    for (const { hostPort, containerPort } of hostPortsOf(partFolder(overlay, role))) {
      found.set(`:${hostPort}`, { role, name: containerPort === 8080 ? 'http' : 'https' });
    }
  }
  return found;
}

interface ServiceObject {
  readonly spec: {
    readonly type?: string;
    readonly selector: Readonly<Record<string, string>>;
    readonly ports: readonly { readonly name: string; readonly port: number; readonly nodePort?: number }[];
  };
}

const servicesOf = (overlay: string): ServiceObject[] =>
  parseAllDocuments(readFileSync(join(folder, overlay, 'services.yaml'), 'utf8')).map((one) => one.toJS());

/** Of a DaemonSet, where there is one. */
function hostPortsOf(part: string): readonly { readonly containerPort: number; readonly hostPort: number }[] {
  const file = join(part, 'nodes.yaml');
  if (!existsSync(file)) return [];
  return parse(readFileSync(file, 'utf8')).spec.template.spec.containers[0].ports;
}

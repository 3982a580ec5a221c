import type { KubeObject } from './case.ts';
import { ingress, ingressClass, rule, service, slice } from './objects.ts';

const POD = 'marker';

/** Who answers for a marker, and in no case. */
export const markerPod = `${POD}:other`;

/** One object of each kind that a route is made of: when the host is answered, everything written before is known. */
export function marker(host: string): readonly KubeObject[] {
  const [name = ''] = host.split('.', 1);
  return [
    ingressClass(name),
    service(name),
    slice(name, [POD], { ports: [{ name: '', port: '<other>', protocol: 'TCP' }] }),
    ingress(name, [rule(host, `Exact / ${name}`)], { ingressClassName: name }),
  ];
}

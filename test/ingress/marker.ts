import type { KubeObject } from './case.ts';
import { ingress, ingressClass, rule, service, slice } from './objects.ts';

/** This pod answers for markers alone. */
export const markerPod = 'marker';

/** One object of each kind that a route is made of: when the host is answered, everything written before is known. */
export const marker = (name: string, host: string): readonly KubeObject[] => [
  ingressClass(name),
  service(name),
  slice(name, [markerPod], { ports: [{ name: '', port: '<other>', protocol: 'TCP' }] }),
  ingress(name, [rule(host, `Exact / ${name}`)], { ingressClassName: name }),
];

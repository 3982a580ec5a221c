import type { Problem, Service, ServicePort } from '../../model/objects.ts';
import type { Endpoint } from '../../model/snapshot.ts';
import type { TranslateOptions } from './options.ts';

/** Where a Service of type ExternalName leads; the name is resolved when a connection is made. */
export function externalEndpoint(service: Service, port: ServicePort, options: TranslateOptions): Endpoint | Problem {
  if (!options.externalName) {
    const message = 'Services of type ExternalName are forwarded to only with the setting allowExternalName';
    return { field: 'spec.type', message };
  }
  const address = service.externalName ?? '';
  const problem = nameProblem(address);
  if (problem !== undefined) return { field: 'spec.externalName', message: `${address} ${problem}` };
  // A named target port is a port of a pod, and there is none.
  return { address, port: typeof port.targetPort === 'number' ? port.targetPort : port.port, weight: 1 };
}

/** A name leads out of the machine: loopback has admin ports on it, and digits are no name (Kubernetes, ExternalName). */
function nameProblem(name: string): string | undefined {
  if (name === 'localhost' || name.endsWith('.localhost'))
    return 'is this machine; an ExternalName must lead elsewhere';
  // As a URL parser decides it: a last label of digits makes an address.
  if (/(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(name)) return 'is read as an IP address; an EndpointSlice can name one';
  return undefined;
}

import type { Service, ServicePort } from '../../model/objects.ts';

/** HTTP goes over TCP: a UDP port of the same number or name is another port. */
export function findPort(service: Service, wanted: string | number): ServicePort | undefined {
  const found = service.ports.find((port) => {
    return port.protocol === 'TCP' && (typeof wanted === 'number' ? port.port === wanted : port.name === wanted);
  });
  return found ?? (service.ports.length === 0 ? impliedPort(service, wanted) : undefined);
}

/** Named endpoints bring their own ports; an ExternalName without ports is reached on the number that the rule names. */
function impliedPort(service: Service, wanted: string | number): ServicePort | undefined {
  const port = typeof wanted === 'number' ? wanted : 0;
  const implied: ServicePort = { name: '', port, protocol: 'TCP', appProtocol: undefined, targetPort: undefined };
  if (service.namedEndpoints !== undefined) return implied;
  return service.type === 'ExternalName' && port !== 0 ? implied : undefined;
}

import type { EndpointSlice, Service, ServicePort, SliceEndpoint } from '../../model/objects.ts';
import type { Refusal } from '../../model/refusal.ts';
import type { Endpoint } from '../../model/snapshot.ts';

interface Candidate {
  readonly source: SliceEndpoint;
  readonly port: number;
  readonly weight: number;
}

/**
 * The endpoints of one Service port: the slices' ports are matched by name, because a slice carries target ports. When
 * no endpoint is ready, those that still serve while they terminate take the requests (KEP-1669).
 */
export function sliceEndpoints(
  service: Service,
  port: ServicePort,
  slices: readonly EndpointSlice[],
  refusals: Refusal[],
): Endpoint[] {
  const usable = slices.filter((slice) => slice.endpoints.length > 0 && isOfAddresses(slice, refusals));
  const candidates = usable.flatMap((slice) => candidatesOf(slice, port));
  if (candidates.length === 0) refusals.push(...usable.map((slice) => portRefusal(slice, service, port)));
  const ready = candidates.filter(({ source }) => source.ready);
  const chosen = ready.length > 0 ? ready : candidates.filter(({ source }) => source.serving && source.terminating);
  return chosen.flatMap(({ source, port, weight }) => source.addresses.map((address) => ({ address, port, weight })));
}

function candidatesOf(slice: EndpointSlice, wanted: ServicePort): Candidate[] {
  const match = slice.ports.find((port) => port.name === wanted.name && port.protocol === 'TCP');
  const port = match?.port;
  return port === undefined ? [] : slice.endpoints.map((source) => ({ source, port, weight: slice.weight }));
}

function isOfAddresses(slice: EndpointSlice, refusals: Refusal[]): boolean {
  if (slice.addressType !== 'FQDN') return true;
  const message = 'addressType FQDN is not supported; it must be IPv4 or IPv6';
  refusals.push(sliceRefusal(slice, 'addressType', message));
  return false;
}

/** Endpoints that nobody can reach look like none; a person who wrote the slice wants to know which name is wrong. */
function portRefusal(slice: EndpointSlice, service: Service, port: ServicePort): Refusal {
  const { namespace, name } = service.meta;
  const wanted = port.name === '' ? 'without a name' : `named ${port.name}`;
  const message = `Service ${namespace}/${name} asks for a TCP port ${wanted}, and this slice has none with a number`;
  return sliceRefusal(slice, 'ports', message);
}

function sliceRefusal(slice: EndpointSlice, field: string, message: string): Refusal {
  const { namespace, name } = slice.meta;
  const object = { kind: 'EndpointSlice', namespace, name };
  return { file: slice.origin.file, object, field, reason: 'EndpointInvalid', message };
}

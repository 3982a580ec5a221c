import type { z } from 'zod';
import type { EndpointSlice, SliceEndpoint } from '../../../model/objects.ts';
import { plainAddress } from './addresses.ts';
import { type Refuse, readAs } from './kind-reader.ts';
import { portNumber } from './names.ts';
import { problem, problemsOf } from './problems.ts';
import { readMeta } from './read-meta.ts';
import { anyList, anything, listOf, metadata, oneOf, protocol, shape, text, yesOrNo } from './shapes.ts';
import { readSliceWeight } from './weight.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';

const portShape = shape({ name: text.nullish(), port: anything, protocol: protocol.nullish() });
const portNumberOrNone = portNumber.nullish();

const schema = shape({
  metadata,
  addressType: oneOf(['IPv4', 'IPv6', 'FQDN']),
  ports: listOf(portShape).nullish(),
  endpoints: anyList.nullish(),
});

const endpointShape = shape({
  addresses: listOf(text).min(1, { error: 'must have at least one address' }),
  conditions: shape({
    ready: yesOrNo.nullish(),
    serving: yesOrNo.nullish(),
    terminating: yesOrNo.nullish(),
  }).nullish(),
});

type AddressType = EndpointSlice['addressType'];

/** discovery.k8s.io/v1 EndpointSlice. A bad endpoint or address is left out while its neighbours stand. */
export const readEndpointSlice = readAs(schema, (written, origin, refuse) => {
  const meta = readMeta(written.metadata, true);
  const service = meta.labels[SERVICE_LABEL];
  if (service === undefined) {
    // In a cluster such slices belong to somebody else; in a folder the line was forgotten.
    if (origin.folder) refuse(problem(`metadata.labels["${SERVICE_LABEL}"]`, undefined, 'must name the Service'));
    return undefined;
  }
  return {
    kind: 'EndpointSlice',
    meta,
    origin,
    service,
    addressType: written.addressType,
    ports: (written.ports ?? []).map((port, index) => readPort(port, `ports[${index}].port`, refuse)),
    endpoints: readEndpoints(written.endpoints ?? [], written.addressType, refuse),
    weight: readSliceWeight(meta, refuse),
  } satisfies EndpointSlice;
});

/** The API server takes any number. One that is no port leaves a port without a number, while its neighbours stand. */
function readPort(
  { name, port, protocol }: z.output<typeof portShape>,
  field: string,
  refuse: Refuse,
): EndpointSlice['ports'][number] {
  const checked = portNumberOrNone.safeParse(port);
  if (!checked.success) for (const found of problemsOf(checked.error, port, field)) refuse(found, 'EndpointInvalid');
  return { name: name ?? '', port: checked.data ?? undefined, protocol: protocol ?? 'TCP' };
}

function readEndpoints(written: readonly unknown[], type: AddressType, refuse: Refuse): SliceEndpoint[] {
  const endpoints: SliceEndpoint[] = [];
  for (const [index, raw] of written.entries()) {
    const field = `endpoints[${index}]`;
    const checked = endpointShape.safeParse(raw);
    if (!checked.success) {
      for (const found of problemsOf(checked.error, raw, field)) refuse(found, 'EndpointInvalid');
      continue;
    }
    const addresses = readAddresses(checked.data.addresses, type, `${field}.addresses`, refuse);
    if (addresses.length > 0) endpoints.push({ addresses, ...readConditions(checked.data.conditions ?? {}) });
  }
  return endpoints;
}

/** discovery/v1, EndpointConditions: unknown `ready` and `serving` count as true, unknown `terminating` as false. */
function readConditions(
  written: NonNullable<z.output<typeof endpointShape>['conditions']>,
): Omit<SliceEndpoint, 'addresses'> {
  const { ready, serving, terminating } = written;
  return { ready: ready ?? true, serving: serving ?? true, terminating: terminating ?? false };
}

function readAddresses(written: readonly string[], type: AddressType, field: string, refuse: Refuse): string[] {
  // Told once for the whole slice, where a route asks for it.
  if (type === 'FQDN') return [...written];
  const addresses: string[] = [];
  for (const [index, text] of written.entries()) {
    const address = plainAddress(text, type === 'IPv4' ? 4 : 6);
    if (address !== undefined) addresses.push(address);
    else refuse(problem(`${field}[${index}]`, text, `must be an ${type} address`), 'EndpointInvalid');
  }
  return addresses;
}

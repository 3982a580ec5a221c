import { defaultPolicy } from '../../model/backend-policy.ts';
import type { EndpointSlice, Service, ServicePort } from '../../model/objects.ts';
import type { Refusal, RefusalReason } from '../../model/refusal.ts';
import type { Backend, Endpoint } from '../../model/snapshot.ts';
import type { ObjectReader } from '../object-reader.ts';
import type { BackendName } from './backend-key.ts';
import { settleEndpoints } from './endpoints.ts';
import { externalEndpoint } from './external-name.ts';
import type { Missing } from './missing-service.ts';
import type { TranslateOptions } from './options.ts';
import { findPort } from './service-port.ts';
import { sliceEndpoints } from './slice-endpoints.ts';

export interface Resolved {
  readonly backend: Backend;
  readonly missing: Missing | undefined;
  /** Faults of the Service and its slices themselves. */
  readonly refusals: readonly Refusal[];
}

export function resolveBackend(
  objects: ObjectReader,
  key: string,
  name: BackendName,
  options: TranslateOptions,
): Resolved {
  const service = objects.get('Service', name.namespace, name.service);
  if (service === undefined) return withoutService(key, name);
  return resolve(key, name, service, objects.slicesOf(name.namespace, name.service), options);
}

function resolve(
  key: string,
  name: BackendName,
  service: Service,
  slices: readonly EndpointSlice[],
  options: TranslateOptions,
): Resolved {
  const port = findPort(service, name.port);
  if (port === undefined) return withoutPort(key, name, service);
  const refusals: Refusal[] = [];
  const endpoints = endpointsOf(service, port, slices, options, refusals);
  const backend = { key, endpoints: settleEndpoints(endpoints), policy: service.policy };
  return { backend, missing: undefined, refusals };
}

/**
 * What would have to be spoken otherwise than as HTTP/1.1 without TLS: the names of Kubernetes (KEP-3726) and of IANA, and those
 * that people write. Any other is a hint that is not for us.
 */
const unspokenProtocols: ReadonlySet<string> = new Set([
  ...['https', 'kubernetes.io/wss', 'wss'],
  ...['kubernetes.io/h2c', 'h2c', 'h2', 'http2', 'grpc', 'grpcs'],
]);

function endpointsOf(
  service: Service,
  port: ServicePort,
  slices: readonly EndpointSlice[],
  options: TranslateOptions,
  refusals: Refusal[],
): readonly Endpoint[] {
  const { appProtocol = '' } = port;
  if (unspokenProtocols.has(appProtocol.toLowerCase())) {
    const field = `spec.ports[${service.ports.indexOf(port)}].appProtocol`;
    const message = `appProtocol ${appProtocol} is not spoken in this version; HTTP/1.1 without TLS is`;
    refusals.push(serviceRefusal(service, field, 'ServiceUnsupported', message));
    return [];
  }
  if (service.namedEndpoints !== undefined) return service.namedEndpoints;
  if (service.type !== 'ExternalName') {
    if (slices.length === 0 && service.origin.folder) refusals.push(endpointMissing(service));
    return sliceEndpoints(service, port, slices, refusals);
  }
  const external = externalEndpoint(service, port, options);
  if ('address' in external) return [external];
  refusals.push(serviceRefusal(service, external.field, 'ServiceUnsupported', external.message));
  return [];
}

/** In a cluster the slices come by themselves, in a folder somebody has forgotten them. */
function endpointMissing(service: Service): Refusal {
  const { namespace, name } = service.meta;
  const message =
    `nothing in the folder names an endpoint of Service ${namespace}/${name}, so the answer is 503; ` +
    'write komainu.dev/endpoints: "127.0.0.1:3000" here, or an EndpointSlice';
  return serviceRefusal(service, 'metadata.annotations', 'EndpointMissing', message);
}

function serviceRefusal(service: Service, field: string, reason: RefusalReason, message: string): Refusal {
  const { namespace, name } = service.meta;
  return { file: service.origin.file, object: { kind: 'Service', namespace, name }, field, reason, message };
}

function withoutService(key: string, { namespace, service }: BackendName): Resolved {
  const message = `there is no Service ${namespace}/${service}; until there is one the answer is 503`;
  return without(key, { reason: 'ServiceMissing', field: 'name', message });
}

function withoutPort(key: string, name: BackendName, service: Service): Resolved {
  const known = service.ports.filter((port) => port.protocol === 'TCP');
  const has = known.map((port) => (port.name === '' ? `${port.port}` : `${port.name} (${port.port})`)).join(', ');
  const what = typeof name.port === 'number' ? 'number' : 'name';
  const message = `Service ${name.namespace}/${name.service} has no TCP port of the ${what} ${name.port}; it has ${has || 'none'}`;
  return without(key, { reason: 'ServicePortMissing', field: `port.${what}`, message });
}

const without = (key: string, missing: Missing): Resolved => ({
  backend: { key, endpoints: [], policy: defaultPolicy },
  missing,
  refusals: [],
});

import type { z } from 'zod';
import type { Service, ServicePort } from '../../../model/objects.ts';
import { readPolicy } from './backend-policy.ts';
import { readAs } from './kind-reader.ts';
import { readNamedEndpoints } from './named-endpoints.ts';
import { isDnsName, portNumber } from './names.ts';
import { readMeta } from './read-meta.ts';
import { listOf, metadata, numberOrText, oneOf, protocol, shape, text } from './shapes.ts';

const portShape = shape({
  name: text.nullish(),
  port: portNumber,
  protocol: protocol.nullish(),
  appProtocol: text.nullish(),
  targetPort: numberOrText.nullish(),
});

type WrittenPort = z.output<typeof portShape>;

const specShape = shape({
  type: oneOf(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']).nullish(),
  externalName: text.nullish(),
  ports: listOf(portShape)
    .refine(areNamed, { error: 'must give each port a name of its own where there are several' })
    .nullish(),
}).refine(isWellNamed, {
  error: 'must be a DNS name in lower case where the type is ExternalName',
  path: ['externalName'],
});

/** Without the dot at its end. */
const plainName = (name: string): string => name.replace(/\.$/, '');

/** To a Service of another type the name means nothing, and the API server takes any. */
function isWellNamed(spec: {
  readonly type?: string | null | undefined;
  readonly externalName?: string | null | undefined;
}): boolean {
  return spec.type !== 'ExternalName' || isDnsName(plainName(spec.externalName ?? ''));
}

/** v1 Service. One bad port and none of it stands, as for the API server: ports are found by name. */
export const readService = readAs(shape({ metadata, spec: specShape.nullish() }), (written, origin, refuse) => {
  const meta = readMeta(written.metadata, true);
  const spec = written.spec ?? {};
  return {
    kind: 'Service',
    meta,
    origin,
    type: spec.type ?? 'ClusterIP',
    externalName: spec.type === 'ExternalName' ? plainName(spec.externalName ?? '') : undefined,
    ports: (spec.ports ?? []).map(readPort),
    namedEndpoints: readNamedEndpoints(meta, origin, refuse),
    policy: readPolicy(meta, refuse),
  } satisfies Service;
});

function areNamed(ports: readonly WrittenPort[]): boolean {
  return (
    ports.length < 2 ||
    (new Set(ports.map((port) => port.name)).size === ports.length && ports.every((port) => port.name))
  );
}

const readPort = (written: WrittenPort): ServicePort => ({
  name: written.name ?? '',
  port: written.port,
  protocol: written.protocol ?? 'TCP',
  appProtocol: written.appProtocol ?? undefined,
  targetPort: written.targetPort ?? undefined,
});

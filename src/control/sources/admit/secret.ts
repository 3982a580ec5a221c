import type { Secret } from '../../../model/objects.ts';
import { PrivateBytes } from '../../../model/private-bytes.ts';
import type { ReadKind, Refuse } from './kind-reader.ts';
import { readAs } from './kind-reader.ts';
import { readMeta } from './read-meta.ts';
import { anything, metadata, shape } from './shapes.ts';

export const TLS_TYPE = 'kubernetes.io/tls';

// Only what is no secret is given to a schema: its messages quote what is wrong. Annotations may hold the whole Secret.
const schema = shape({
  metadata: metadata.pick({ name: true, namespace: true, uid: true, creationTimestamp: true }),
  type: anything,
  data: anything,
});

/** v1 Secret with a certificate and its key. Those of a folder are passed over. */
export const readSecret: ReadKind = (raw, origin, refuse) =>
  origin.folder ? undefined : readTlsSecret(raw, origin, refuse);

const readTlsSecret = readAs(schema, (written, origin, refuse) => {
  if (written.type !== TLS_TYPE) return refused(refuse, 'type', `its type is not ${TLS_TYPE}`);
  const certificate = readPem(written.data, 'tls.crt', 'CERTIFICATE', refuse);
  const key = readPem(written.data, 'tls.key', 'PRIVATE KEY', refuse);
  if (certificate === undefined || key === undefined) return undefined;
  const meta = readMeta({ ...written.metadata, resourceVersion: null, labels: null, annotations: null }, true);
  return { kind: 'Secret', meta, origin, certificate, key: new PrivateBytes(key) } satisfies Secret;
});

/** Whether it really is one is looked at when somebody needs it: that takes a thousand times as long. */
function readPem(data: unknown, name: string, label: string, refuse: Refuse): Uint8Array | undefined {
  const field = `data["${name}"]`;
  const text = typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[name] : undefined;
  if (typeof text !== 'string' || text === '') return refused(refuse, field, `it has no ${name}`);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.includes(`${label}-----`)) return bytes;
  return refused(refuse, field, `its ${name} has no ${label} in PEM`);
}

function refused(refuse: Refuse, field: string, message: string): undefined {
  refuse({ field, message }, 'SecretInvalid');
  return undefined;
}

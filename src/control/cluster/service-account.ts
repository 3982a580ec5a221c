import { existsSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { ClusterAccess } from './cluster-access.ts';

export const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What the kubelet gives to a pod; undefined outside of one. Token and authority are replaced while we run. */
export function serviceAccountAccess(
  dir: string,
  env: Readonly<Record<string, string | undefined>>,
): ClusterAccess | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  const token = join(dir, 'token');
  if (!host || !port || !existsSync(token)) return undefined;
  const ca = join(dir, 'ca.crt');
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    // Without it the authorities of the machine count, as with client-go.
    ca: existsSync(ca) ? { file: ca } : undefined,
    ...{ insecure: false, tlsServerName: undefined, proxyUrl: undefined },
    user: {
      ...{ certificate: undefined, key: undefined, token: { file: token }, basic: undefined },
      ...{ exec: undefined, authProvider: undefined, impersonate: undefined },
    },
  };
}

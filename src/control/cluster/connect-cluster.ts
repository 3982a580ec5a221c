import type { Clock } from '../../base/clock.ts';
import { buildVersion } from '../../observe/build-info.ts';
import type { Log } from '../../observe/log.ts';
import type { ClusterApi } from './api.ts';
import { ApiClient } from './api-client.ts';
import { AuthProviderCredential } from './auth-provider.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { Connections } from './connections.ts';
import { type Credential, Credentials } from './credentials.ts';
import { ExecCredential } from './exec-plugin.ts';
import { findAccess } from './find-access.ts';
import { SERVICE_ACCOUNT_DIR } from './service-account.ts';

export interface ConnectOptions {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly log: Log;
  readonly clock: Clock;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly serviceAccountDir?: string;
}

export interface Cluster extends ClusterApi {
  /** `https://10.96.0.1:443`, for the log. */
  readonly server: string;
  /** Cuts what runs. */
  close(): Promise<void>;
}

/**
 * Finds out where the cluster is and who we are there. Nothing is sent yet, so an API server that is away is no reason to
 * reject. undici is loaded here, because it costs those who have no cluster 0.14 s and 27 MB.
 * @throws StartupError when there is no usable configuration.
 */
export async function connectCluster(options: ConnectOptions): Promise<Cluster> {
  const { kubeconfig, context, clock, log, env = process.env, serviceAccountDir = SERVICE_ACCOUNT_DIR } = options;
  const access = findAccess({ kubeconfig, context, env, serviceAccountDir });
  const connections = new Connections(await import('undici'), access);
  const plugin = pluginOf(access, clock);
  const credentials = new Credentials({ access, plugin, clock, log });
  const { server } = access;
  const client = new ApiClient({ server, credentials, connections, clock, userAgent: `komainu/${buildVersion()}` });
  return {
    server: shown(server),
    call: (request) => client.call(request),
    stream: (request) => client.stream(request),
    close: () => {
      plugin?.stop();
      return connections.close();
    },
  };
}

function pluginOf(access: ClusterAccess, clock: Clock): Credential | undefined {
  const { exec, authProvider } = access.user;
  if (exec !== undefined) return new ExecCredential(exec, access, clock);
  return authProvider === undefined ? undefined : new AuthProviderCredential(authProvider);
}

/** An address may carry a name and a password. */
function shown(server: string): string {
  const { origin, pathname } = new URL(server);
  return pathname === '/' ? origin : `${origin}${pathname}`;
}

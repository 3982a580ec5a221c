import type { KubeConfig } from '@kubernetes/client-node';
import { ApiUnreachable } from './api.ts';
import type { Credential, CredentialPart } from './credentials.ts';

type Provider = NonNullable<ReturnType<KubeConfig['getCurrentUser']>>['authProvider'];

/**
 * The plugins from before `exec` (oidc, gcp, azure), which Kubernetes has left to others. The library that knows them costs
 * 0.8 s and 90 MB, so it is loaded when a kubeconfig names one, and for this alone.
 */
export class AuthProviderCredential implements Credential {
  readonly #provider: Provider;
  #config: Promise<KubeConfig> | undefined;

  constructor(provider: Readonly<Record<string, unknown>>) {
    this.#provider = provider as Provider;
  }

  async current(): Promise<CredentialPart> {
    this.#config ??= this.#load();
    // It gives back what it changed here, and opens no connection to the server.
    const options: { headers: Record<string, string> } = { headers: {} };
    try {
      await (await this.#config).applyToHTTPSOptions(options);
    } catch (error) {
      throw new ApiUnreachable(`the auth-provider ${this.#name} gives no credential: ${(error as Error).message}`);
    }
    const { Authorization } = options.headers;
    if (Authorization === undefined) throw new ApiUnreachable(`the auth-provider ${this.#name} gives no credential`);
    return { authorization: Authorization.trim() };
  }

  /** The library looks at the end of its tokens by itself. */
  distrust(): void {}

  stop(): void {}

  get #name(): string {
    return String((this.#provider as { readonly name?: unknown }).name);
  }

  async #load(): Promise<KubeConfig> {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    const cluster = { name: 'cluster', server: 'https://unused.invalid', skipTLSVerify: false };
    config.loadFromClusterAndUser(cluster, { name: 'user', authProvider: this.#provider });
    return config;
  }
}

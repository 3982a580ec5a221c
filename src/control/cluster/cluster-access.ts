/** What a kubeconfig or a service account says about reaching one cluster. */
export interface ClusterAccess {
  /** `https://10.96.0.1:443`, without a slash at its end; a path before the API's own may follow. */
  readonly server: string;
  readonly ca: Material | undefined;
  readonly insecure: boolean;
  /** Name for SNI and for the check of the certificate, where it is not the server's host. */
  readonly tlsServerName: string | undefined;
  /** http, https or socks5; may carry a password, so it is never shown. */
  readonly proxyUrl: string | undefined;
  readonly user: UserAccess;
}

export interface UserAccess {
  readonly certificate: Material | undefined;
  readonly key: Material | undefined;
  readonly token: Material | undefined;
  readonly basic: { readonly username: string; readonly password: string } | undefined;
  readonly exec: ExecPlugin | undefined;
  /** As it stands in the kubeconfig: `{ name, config }`, for the library that knows these old plugins. */
  readonly authProvider: Readonly<Record<string, unknown>> | undefined;
  readonly impersonate: Impersonation | undefined;
}

/** Whose rights are asked for instead of one's own. */
export interface Impersonation {
  readonly user: string;
  readonly uid: string | undefined;
  readonly groups: readonly string[];
}

/** Said in the configuration itself, or in a file that may be replaced at any time. */
export type Material = { readonly text: string } | { readonly file: string };

/** A program that prints an ExecCredential (client.authentication.k8s.io). */
export interface ExecPlugin {
  readonly apiVersion: string;
  /** A bare name is looked up in the PATH; with a slash it is relative to the kubeconfig's folder. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly provideClusterInfo: boolean;
}

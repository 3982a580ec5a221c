import { execFile } from 'node:child_process';
import type { Clock } from '../../base/clock.ts';
import { ApiUnreachable } from './api.ts';
import type { ClusterAccess, ExecPlugin } from './cluster-access.ts';
import type { Credential, CredentialPart } from './credentials.ts';

const RUN_TIMEOUT_MS = 60_000;
const LARGEST_OUTPUT_BYTES = 1 << 20;
/** A new credential is asked for this long before the old one ends. */
const AHEAD_MS = 10_000;
/** Several calls may hear 401 for the same old credential; one new one is enough. */
const TRUSTED_MS = 1000;

/** What the plugin printed: `status` of an ExecCredential. */
interface ExecStatus {
  readonly token?: unknown;
  readonly clientCertificateData?: unknown;
  readonly clientKeyData?: unknown;
  readonly expirationTimestamp?: unknown;
}

/** Runs a credential plugin (client.authentication.k8s.io) when a credential is wanted and none is good any more. */
export class ExecCredential implements Credential {
  readonly #plugin: ExecPlugin;
  readonly #access: ClusterAccess;
  readonly #clock: Clock;
  #part: CredentialPart | undefined;
  /** On the wall clock, for that is what the plugin speaks of. */
  #endsAtMs = Number.POSITIVE_INFINITY;
  #madeAt = 0;
  #run: Promise<CredentialPart> | undefined;
  readonly #stop = new AbortController();

  constructor(plugin: ExecPlugin, access: ClusterAccess, clock: Clock) {
    this.#plugin = plugin;
    this.#access = access;
    this.#clock = clock;
  }

  /** @param ca for plugins that want to know about the cluster. */
  async current(ca: string | undefined): Promise<CredentialPart> {
    if (this.#part !== undefined && Date.now() < this.#endsAtMs) return this.#part;
    this.#run ??= this.#ask(ca).finally(() => {
      this.#run = undefined;
    });
    return await this.#run;
  }

  distrust(): void {
    if (this.#clock.now() - this.#madeAt >= TRUSTED_MS) this.#part = undefined;
  }

  stop(): void {
    this.#stop.abort();
  }

  async #ask(ca: string | undefined): Promise<CredentialPart> {
    const status = statusOf(await runPlugin(this.#plugin, this.#infoFor(ca), this.#stop.signal), this.#plugin);
    const end = Date.parse(String(status.expirationTimestamp));
    this.#endsAtMs = Number.isNaN(end) ? Number.POSITIVE_INFINITY : end - AHEAD_MS;
    this.#madeAt = this.#clock.now();
    this.#part = partOf(status, this.#plugin);
    return this.#part;
  }

  /** For the variable KUBERNETES_EXEC_INFO. */
  #infoFor(ca: string | undefined): string {
    const { server, insecure, tlsServerName, proxyUrl } = this.#access;
    const cluster = {
      server,
      ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
      ...(insecure ? { 'insecure-skip-tls-verify': true } : {}),
      ...(tlsServerName === undefined ? {} : { 'tls-server-name': tlsServerName }),
      ...(proxyUrl === undefined ? {} : { 'proxy-url': proxyUrl }),
    };
    const spec = { interactive: false, ...(this.#plugin.provideClusterInfo ? { cluster } : {}) };
    return JSON.stringify({ apiVersion: this.#plugin.apiVersion, kind: 'ExecCredential', spec });
  }
}

/** Standard output. It holds secrets, and nobody knows what standard error holds: neither is repeated. */
function runPlugin({ command, args, env }: ExecPlugin, info: string, signal: AbortSignal): Promise<string> {
  const options = {
    signal,
    env: { ...process.env, KUBERNETES_EXEC_INFO: info, ...env },
    ...({ timeout: RUN_TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: LARGEST_OUTPUT_BYTES } as const),
  };
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new ApiUnreachable(`the credential plugin ${command} ${endOf(error)}`));
    });
    child.stdin?.end();
  });
}

/** Not the error's own message: it repeats the arguments, and one of them may be a secret. */
function endOf({ code, killed }: { readonly code?: unknown; readonly killed?: boolean | undefined }): string {
  if (code === 'ENOENT') return 'is not there';
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'says too much';
  if (killed) return `did not end within ${RUN_TIMEOUT_MS / 1000} s`;
  return `failed with ${String(code)}; run it by hand to see what it says`;
}

function statusOf(output: string, { command }: ExecPlugin): ExecStatus {
  try {
    const { status } = JSON.parse(output) as { readonly status?: unknown };
    if (typeof status === 'object' && status !== null) return status;
  } catch {
    // The parser's message may show a piece of the output.
  }
  throw new ApiUnreachable(`the credential plugin ${command} printed no ExecCredential with a status`);
}

function partOf(status: ExecStatus, { command }: ExecPlugin): CredentialPart {
  const token = textOf(status.token);
  const cert = textOf(status.clientCertificateData);
  const key = textOf(status.clientKeyData);
  if (token === undefined && (cert === undefined || key === undefined)) {
    throw new ApiUnreachable(`the credential plugin ${command} gave neither a token nor a certificate with its key`);
  }
  return { authorization: token === undefined ? undefined : `Bearer ${token.trim()}`, cert, key };
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

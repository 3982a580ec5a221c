import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { ClusterAccess, ExecPlugin, Impersonation, Material, UserAccess } from './cluster-access.ts';

/** The kubeconfig cannot be used; the message is the second half of a sentence and holds no value of it. */
export class KubeconfigProblem extends Error {
  override readonly name = 'KubeconfigProblem';
}

type Fields = Readonly<Record<string, unknown>>;

/** One entry of `clusters`, `users` or `contexts`; relative paths in it start at `dir`. */
interface Entry {
  readonly fields: Fields;
  readonly dir: string;
}

/** One file, or several of which the first to say something counts, as kubectl merges them. */
export class Kubeconfig {
  readonly #clusters = new Map<string, Entry>();
  readonly #users = new Map<string, Entry>();
  readonly #contexts = new Map<string, Entry>();
  #currentContext = '';

  /** @throws KubeconfigProblem when the text is no mapping. */
  add(text: string, file: string): void {
    const fields = fieldsOf(parseText(text));
    if (fields === undefined) throw new KubeconfigProblem('is no mapping');
    const dir = dirname(file);
    takeEntries(fields.clusters, 'cluster', dir, this.#clusters);
    takeEntries(fields.users, 'user', dir, this.#users);
    takeEntries(fields.contexts, 'context', dir, this.#contexts);
    if (this.#currentContext === '') this.#currentContext = textOf(fields['current-context']) ?? '';
  }

  /** @throws KubeconfigProblem when the context, or what it names, is not there or says too little. */
  access(contextName: string | undefined): ClusterAccess {
    const name = contextName ?? this.#currentContext;
    if (name === '') throw new KubeconfigProblem('has no current-context');
    const context = wanted(this.#contexts, 'context', name).fields;
    const cluster = wanted(this.#clusters, 'cluster', textOf(context.cluster) ?? '');
    const userName = textOf(context.user);
    const user = userName === undefined ? undefined : wanted(this.#users, 'user', userName);
    return accessOf(cluster, user === undefined ? noUser : userOf(user));
  }
}

/** Every scalar stays text, so that a token of digits keeps its zeros. */
function parseText(text: string): unknown {
  try {
    return parse(text, { schema: 'failsafe', maxAliasCount: 100, logLevel: 'error', prettyErrors: false });
  } catch {
    // The library's message may show a line of the file, and with it a secret.
    throw new KubeconfigProblem('is no YAML');
  }
}

const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** An empty text, and the `null` of a plain scalar, say nothing. */
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value !== 'null' && value !== '~' ? value : undefined;

function takeEntries(list: unknown, kind: string, dir: string, into: Map<string, Entry>): void {
  for (const item of listOf(list)) {
    const entry = fieldsOf(item);
    const name = textOf(entry?.name);
    if (name === undefined || into.has(name)) continue;
    into.set(name, { fields: fieldsOf(entry?.[kind]) ?? {}, dir });
  }
}

function wanted(entries: ReadonlyMap<string, Entry>, kind: string, name: string): Entry {
  const entry = entries.get(name);
  if (entry !== undefined) return entry;
  throw new KubeconfigProblem(`has no ${kind} ${JSON.stringify(name)}`);
}

function accessOf({ fields, dir }: Entry, user: UserAccess): ClusterAccess {
  const server = textOf(fields.server);
  if (server === undefined || !/^https?:\/\//i.test(server) || !URL.canParse(server)) {
    throw new KubeconfigProblem('has a cluster whose server is no http(s) address');
  }
  return {
    server: server.replace(/\/+$/, ''),
    ca: materialOf(fields, 'certificate-authority', dir),
    insecure: fields['insecure-skip-tls-verify'] === 'true',
    tlsServerName: textOf(fields['tls-server-name']),
    proxyUrl: proxyOf(fields),
    user,
  };
}

function proxyOf(fields: Fields): string | undefined {
  const url = textOf(fields['proxy-url']);
  if (url !== undefined && !(/^(https?|socks5):\/\//i.test(url) && URL.canParse(url))) {
    throw new KubeconfigProblem('has a cluster whose proxy-url is no http, https or socks5 address');
  }
  return url;
}

const noUser: UserAccess = {
  ...{ certificate: undefined, key: undefined, token: undefined, basic: undefined },
  ...{ exec: undefined, authProvider: undefined, impersonate: undefined },
};

function userOf({ fields, dir }: Entry): UserAccess {
  return {
    certificate: materialOf(fields, 'client-certificate', dir),
    key: materialOf(fields, 'client-key', dir),
    token: tokenOf(fields, dir),
    basic: basicOf(fields),
    exec: execOf(fieldsOf(fields.exec), dir),
    authProvider: fieldsOf(fields['auth-provider']),
    impersonate: impersonationOf(fields),
  };
}

/** `NAME-data` (base64) or the file NAME; data win, as with kubectl. */
function materialOf(fields: Fields, name: string, dir: string): Material | undefined {
  const data = textOf(fields[`${name}-data`]);
  if (data !== undefined) return { text: Buffer.from(data, 'base64').toString() };
  return fileOf(fields[name], dir);
}

function fileOf(value: unknown, dir: string): Material | undefined {
  const file = textOf(value);
  return file === undefined ? undefined : { file: resolve(dir, file) };
}

/** Of both, the file wins: it is the one that is kept fresh (client-go does the same). */
function tokenOf(fields: Fields, dir: string): Material | undefined {
  const file = fileOf(fields.tokenFile, dir);
  if (file !== undefined) return file;
  const token = textOf(fields.token);
  return token === undefined ? undefined : { text: token };
}

function basicOf(fields: Fields): UserAccess['basic'] {
  const username = textOf(fields.username);
  return username === undefined ? undefined : { username, password: textOf(fields.password) ?? '' };
}

function execOf(fields: Fields | undefined, dir: string): ExecPlugin | undefined {
  const command = textOf(fields?.command);
  if (fields === undefined || command === undefined) return undefined;
  return {
    apiVersion: textOf(fields.apiVersion) ?? 'client.authentication.k8s.io/v1',
    command: command.includes('/') ? resolve(dir, command) : command,
    args: listOf(fields.args).map(String),
    env: envOf(fields.env),
    provideClusterInfo: fields.provideClusterInfo === 'true',
  };
}

function envOf(list: unknown): Record<string, string> {
  const pairs = listOf(list).map((item) => fieldsOf(item) ?? {});
  return Object.fromEntries(pairs.map(({ name, value }) => [String(name), String(value ?? '')]));
}

function impersonationOf(fields: Fields): Impersonation | undefined {
  const user = textOf(fields.as);
  if (user === undefined) return undefined;
  return { user, uid: textOf(fields['as-uid']), groups: listOf(fields['as-groups']).map(String) };
}

import { createSecureContext } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../observe/log.ts';
import { ApiUnreachable } from './api.ts';
import type { ClusterAccess, Material } from './cluster-access.ts';
import { RereadFile } from './reread-file.ts';

/** What makes a TLS connection this one and no other; equal fields may share connections. */
export interface TlsIdentity {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** Who we are, for one call. */
export interface Identity {
  /** Names in lower case; they hold secrets. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly tls: TlsIdentity;
}

/** One of the ways to say who we are. */
export interface Credential {
  /** @param ca the authority of the cluster. Rejects with ApiUnreachable. */
  current(ca: string | undefined): Promise<CredentialPart>;
  /** The server did not accept it: get a new one with the next use. */
  distrust(): void;
  /** Ends what runs for it. */
  stop(): void;
}

export interface CredentialPart {
  readonly authorization?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Text from the configuration, or from a file that is read again. */
class Text {
  readonly #fixed: string | undefined;
  readonly #file: RereadFile | undefined;
  readonly #what: string;

  constructor(material: Material, what: string, clock: Clock) {
    this.#what = what;
    if ('text' in material) this.#fixed = material.text;
    else this.#file = new RereadFile(material.file, clock);
  }

  async get(): Promise<string> {
    try {
      return this.#fixed ?? (await (this.#file as RereadFile).text());
    } catch (error) {
      throw new ApiUnreachable(`the ${this.#what} cannot be read: ${(error as Error).message}`);
    }
  }

  distrust(): void {
    this.#file?.distrust();
  }
}

const textOf = (material: Material | undefined, what: string, clock: Clock): Text | undefined =>
  material === undefined ? undefined : new Text(material, what, clock);

export interface CredentialsParts {
  readonly access: ClusterAccess;
  /** Asked where the configuration has no token of its own. */
  readonly plugin: Credential | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** Everything that one cluster and its user say, looked at anew before each call. */
export class Credentials {
  readonly #ca: Text | undefined;
  readonly #cert: Text | undefined;
  readonly #key: Text | undefined;
  readonly #token: Text | undefined;
  readonly #basic: string | undefined;
  readonly #impersonation: Readonly<Record<string, string | string[]>>;
  readonly #plugin: Credential | undefined;
  readonly #log: Log;
  #tls: TlsIdentity | undefined;

  constructor({ access: { ca, user }, plugin, clock, log }: CredentialsParts) {
    this.#ca = textOf(ca, 'certificate authority', clock);
    this.#cert = textOf(user.certificate, 'client certificate', clock);
    this.#key = textOf(user.key, 'client key', clock);
    this.#token = textOf(user.token, 'token', clock);
    this.#basic = user.basic && basicHeader(user.basic);
    this.#impersonation = impersonationHeaders(user.impersonate);
    this.#plugin = plugin;
    this.#log = log;
  }

  /** Rejects with ApiUnreachable when something that was asked for cannot be had. */
  async current(): Promise<Identity> {
    const ca = await this.#ca?.get();
    const own = this.#token === undefined ? await this.#plugin?.current(ca) : undefined;
    const cert = own?.cert ?? (await this.#cert?.get());
    const key = own?.key ?? (await this.#key?.get());
    const authorization = (await this.#bearer()) ?? own?.authorization ?? this.#basic;
    const headers = authorization === undefined ? this.#impersonation : { ...this.#impersonation, authorization };
    return { headers, tls: this.#usable({ ca, cert, key }) };
  }

  /** The server does not know us: everything may be old. */
  distrust(): void {
    this.reread();
    this.#plugin?.distrust();
  }

  /** The server could not be had, maybe because its certificate is signed anew: look at the files again. */
  reread(): void {
    for (const text of [this.#ca, this.#cert, this.#key, this.#token]) text?.distrust();
  }

  /** A token file mostly ends with a line end, which is no part of the token. */
  async #bearer(): Promise<string | undefined> {
    const token = (await this.#token?.get())?.trim();
    if (token === '') throw new ApiUnreachable('the token is empty');
    return token === undefined ? undefined : `Bearer ${token}`;
  }

  /** Files are replaced one after the other: until they fit each other again, the last that did are good enough. */
  #usable(tls: TlsIdentity): TlsIdentity {
    if (this.#tls !== undefined && isSameTls(this.#tls, tls)) return this.#tls;
    try {
      createSecureContext(givenOf(tls));
      this.#tls = tls;
      return tls;
    } catch (error) {
      const problem = (error as Error).message;
      if (this.#tls === undefined) throw new ApiUnreachable(`the certificates cannot be used: ${problem}`);
      this.#log.warn({ error: problem }, 'new certificates for the API server cannot be used, the old ones stay');
      return this.#tls;
    }
  }
}

export const isSameTls = (a: TlsIdentity, b: TlsIdentity): boolean =>
  a.ca === b.ca && a.cert === b.cert && a.key === b.key;

/** Without the fields that say nothing: to node they are not the same. */
export const givenOf = ({ ca, cert, key }: TlsIdentity): { ca?: string; cert?: string; key?: string } => ({
  ...(ca === undefined ? {} : { ca }),
  ...(cert === undefined ? {} : { cert }),
  ...(key === undefined ? {} : { key }),
});

const basicHeader = ({ username, password }: { readonly username: string; readonly password: string }): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

function impersonationHeaders(whom: ClusterAccess['user']['impersonate']): Record<string, string | string[]> {
  if (whom === undefined) return {};
  return {
    'impersonate-user': whom.user,
    ...(whom.uid === undefined ? {} : { 'impersonate-uid': whom.uid }),
    ...(whom.groups.length === 0 ? {} : { 'impersonate-group': [...whom.groups] }),
  };
}

import { Pool } from 'undici';
import { waitUntil } from '../../support/wait-until.ts';
import { KindPaths, type Ref } from './kind-paths.ts';

/** An object as the API server says it; tests know what is in it. */
// biome-ignore lint/suspicious/noExplicitAny: a whole API of shapes
export type KubeObject = Ref & { [field: string]: any; metadata: Ref['metadata'] & { [field: string]: any } };

export interface CallOptions {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
}

export interface ClusterAnswer {
  readonly status: number;
  readonly text: string;
}

/** The API server answered that it will not. */
export class ClusterRefusal extends Error {
  override readonly name = 'ClusterRefusal';
  readonly status: number;

  constructor(method: string, path: string, { status, text }: ClusterAnswer) {
    super(`${method} ${path}: ${status} ${messageOf(text)}`);
    this.status = status;
  }
}

const FIELD_MANAGER = 'test';
const CONNECTIONS = 16;

/** One user of the API server, in raw HTTP: nothing is retried and nothing is cached but where the kinds live. */
export class ClusterClient {
  readonly token: string;
  readonly #pool: Pool;
  readonly #paths: KindPaths;

  constructor(server: string, ca: string, token: string) {
    this.token = token;
    this.#pool = new Pool(server, { connections: CONNECTIONS, connect: { ca } });
    this.#paths = new KindPaths((path) => this.#json('GET', path));
  }

  /** Any call, whatever the answer. */
  async call(method: string, path: string, options: CallOptions = {}): Promise<ClusterAnswer> {
    const { query = {}, body, contentType = 'application/json' } = options;
    const answer = await this.#pool.request({
      method: method as 'GET',
      path,
      query,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': contentType },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  }

  /** Server-side apply, one after the other. */
  async apply(...objects: readonly object[]): Promise<readonly KubeObject[]> {
    const applied: KubeObject[] = [];
    for (const object of objects) applied.push(await this.#apply(object as Ref));
    return applied;
  }

  /** One new object, whatever the answer; `{ dryRun: 'All' }` only asks. */
  async create(
    { metadata, ...rest }: object & Ref,
    query: Readonly<Record<string, string>> = {},
  ): Promise<ClusterAnswer> {
    const path = await this.#paths.collection(rest.apiVersion, rest.kind, metadata.namespace ?? 'default');
    return await this.call('POST', path, { query, body: { ...rest, metadata } });
  }

  /**
   * Makes many, several at a time and in no order; each must be new. Faster than `applyAll`, but what is applied later does
   * not take out what was made here: use that for objects that change.
   */
  async createAll(objects: readonly object[]): Promise<void> {
    await each(objects as readonly Ref[], async ({ apiVersion, kind, ...rest }) => {
      const path = await this.#paths.collection(apiVersion, kind, rest.metadata.namespace ?? 'default');
      await this.#json('POST', path, { body: { apiVersion, kind, ...rest } });
    });
  }

  async applyAll(objects: readonly object[]): Promise<void> {
    await each(objects as readonly Ref[], (object) => this.#apply(object));
  }

  /** undefined: there is none. */
  async get(ref: object): Promise<KubeObject | undefined> {
    const path = await this.#paths.object(ref as Ref);
    const answer = await this.call('GET', path);
    if (answer.status === 404) return undefined;
    return checked('GET', path, answer) as KubeObject;
  }

  /** `namespace` undefined: all. */
  async list(apiVersion: string, kind: string, namespace?: string): Promise<readonly KubeObject[]> {
    const path = await this.#paths.collection(apiVersion, kind, namespace);
    return ((await this.#json('GET', path)) as { items: KubeObject[] }).items;
  }

  /** A merge patch; `part` is a subresource such as `status`. */
  async patch(ref: object, change: object, part?: string): Promise<KubeObject> {
    const path = `${await this.#paths.object(ref as Ref)}${part === undefined ? '' : `/${part}`}`;
    const options = { body: change, contentType: 'application/merge-patch+json' };
    return (await this.#json('PATCH', path, options)) as KubeObject;
  }

  async remove(...refs: readonly object[]): Promise<void> {
    for (const ref of refs) await this.#json('DELETE', await this.#paths.object(ref as Ref));
  }

  /** Asks for the object until the condition holds, which is not asked while there is none. */
  async until(
    what: string,
    ref: object,
    condition: (object: KubeObject) => boolean,
    deadlineMs?: number,
  ): Promise<KubeObject> {
    let last: KubeObject | undefined;
    const look = async (): Promise<KubeObject | undefined | false> => {
      last = await this.get(ref);
      return last !== undefined && condition(last) && last;
    };
    const state = (): unknown => last;
    return await waitUntil(what, look, { state, ...(deadlineMs !== undefined && { deadlineMs }) });
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #apply(object: Ref): Promise<KubeObject> {
    const path = await this.#paths.object(object);
    const query = { fieldManager: FIELD_MANAGER, force: 'true' };
    const options = { query, body: object, contentType: 'application/apply-patch+yaml' };
    return (await this.#json('PATCH', path, options)) as KubeObject;
  }

  async #json(method: string, path: string, options?: CallOptions): Promise<unknown> {
    return checked(method, path, await this.call(method, path, options));
  }
}

function checked(method: string, path: string, answer: ClusterAnswer): unknown {
  if (answer.status >= 300) throw new ClusterRefusal(method, path, answer);
  return JSON.parse(answer.text);
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message: string }).message;
  } catch {
    return text;
  }
}

/** As many at a time as there are connections. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}

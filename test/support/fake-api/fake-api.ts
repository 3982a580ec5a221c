import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import type { Resource } from '../../../src/control/cluster/resources.ts';
import { refuse, sendFault, sendJson } from './answers.ts';
import { Collections, type Target, targetOf } from './collections.ts';
import { type Fault, Faults, type Misdeed, type Verb } from './faults.ts';
import { answerList } from './list-answer.ts';
import { type Backup, keyOf, ObjectHistory } from './object-history.ts';
import type { Raw, Stored } from './raw.ts';
import { fieldJudge, type Judge, labelJudge } from './selectors.ts';
import { WatchLane } from './watch-lane.ts';
import { createObject, patchObject, replaceObject } from './write-object.ts';

export interface FakeApiOptions {
  /** Runs the ends of watches, bookmarks and slow answers. */
  readonly clock?: Clock;
  /** Asked for of every request; several are all good. None: nobody is asked. */
  readonly tokens?: readonly string[];
  /** The first time too; any free one where nothing is said. */
  readonly port?: number;
  /** Speaks TLS. */
  readonly tls?: ServerOptions;
}

export interface FakeRequest {
  /** On the fake's clock. */
  readonly at: number;
  readonly verb: Verb;
  readonly kind: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

export const startFakeApi = async (options: FakeApiOptions = {}): Promise<FakeApi> => {
  const fake = new FakeApi(options);
  await fake.up();
  return fake;
};

/**
 * An API server in this process: lists with pages, watches with bookmarks, writes with conflicts. It tells the truth until
 * `faults`, or a verb of the second half, say otherwise.
 */
export class FakeApi implements AsyncDisposable {
  readonly collections = new Collections();
  readonly history = new ObjectHistory();
  readonly faults = new Faults();
  /** Every request that was understood. */
  readonly requests: FakeRequest[] = [];
  /** Open watches. */
  readonly watches = new Set<WatchLane>();
  /** Good bearer tokens; may be changed at any time. */
  tokens: readonly string[] | undefined;
  readonly #clock: Clock;
  readonly #options: FakeApiOptions;
  readonly #sockets = new Set<Socket>();
  readonly #forbidden = new Set<string>();
  #server: Server | undefined;
  #port = 0;
  #mostSockets = 0;

  constructor(options: FakeApiOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.tokens = options.tokens;
    this.#port = options.port ?? 0;
  }

  get url(): string {
    return `${this.#options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${this.#port}`;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  /** The most connections that were open at once. */
  get mostConnections(): number {
    return this.#mostSockets;
  }

  /** How often this was asked, of one kind or of all; a page of a list counts as one. */
  count(verb: Verb, kind?: string): number {
    return this.requests.filter((one) => one.verb === verb && (kind ?? one.kind) === one.kind).length;
  }

  /** Writes a kubeconfig that leads here, with the first token; returns its path. */
  kubeconfig(dir: string, name = 'kubeconfig'): string {
    const user = this.tokens?.[0] === undefined ? {} : { token: this.tokens[0] };
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'fake' },
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'fake' } }],
      clusters: [{ name: 'fake', cluster: { server: this.url } }],
      users: [{ name: 'fake', user }],
    };
    mkdirSync(dir, { recursive: true });
    const file = join(dir, name);
    writeFileSync(file, JSON.stringify(config));
    return file;
  }

  /** Makes or replaces an object, as `kubectl apply` would; `metadata.namespace` is `default` where nothing is said. */
  put(raw: Raw): Stored {
    const { apiVersion, namespaced } = this.collections.ofKind(raw.kind);
    const namespace = namespaced ? { namespace: raw.metadata.namespace ?? 'default' } : {};
    return this.history.put({ ...raw, apiVersion, metadata: { ...raw.metadata, ...namespace } });
  }

  remove(kind: string, name: string, namespace = 'default'): void {
    const { namespaced } = this.collections.ofKind(kind);
    if (this.history.remove(keyOf(kind, namespaced ? namespace : undefined, name)) === undefined) {
      throw new Error(`the fake API server has no ${kind} ${namespace}/${name}`);
    }
  }

  get(kind: string, name: string, namespace = 'default'): Stored | undefined {
    const { namespaced } = this.collections.ofKind(kind);
    return this.history.get(keyOf(kind, namespaced ? namespace : undefined, name));
  }

  all(kind: string): Stored[] {
    return this.history.ofKind(kind);
  }

  // ── what can go wrong ──

  fault(fault: Fault): void {
    this.faults.add(fault);
  }

  /** Nobody may read or write this kind, everywhere or in one namespace, until `allow`. */
  forbid(kind: string, namespace = ''): void {
    this.#forbidden.add(`${kind} ${namespace}`);
    this.cutWatches(kind);
  }

  allow(kind: string, namespace = ''): void {
    this.#forbidden.delete(`${kind} ${namespace}`);
  }

  #isForbidden(kind: string, namespace: string | undefined): boolean {
    return this.#forbidden.has(`${kind} `) || this.#forbidden.has(`${kind} ${namespace}`);
  }

  /** The server does not know the kind any more. */
  unlearn(kind: string): Resource {
    const resource = this.collections.ofKind(kind);
    this.collections.remove(kind);
    this.cutWatches(kind);
    return resource;
  }

  learn(resource: Resource): void {
    this.collections.add(resource);
  }

  watchesOf(kind?: string): WatchLane[] {
    return [...this.watches].filter((watch) => (kind ?? watch.kind) === watch.kind);
  }

  cutWatches(kind?: string): void {
    for (const watch of this.watchesOf(kind)) watch.cut();
  }

  /** Open watches stay open and say nothing more. */
  deafenWatches(kind?: string): void {
    for (const watch of this.watchesOf(kind)) watch.deafen();
  }

  /** Bytes as they are, into every watch that is not deaf. */
  say(bytes: string, kind?: string): void {
    for (const watch of this.#speaking(kind)) watch.say(bytes);
  }

  /** A watch event of the test's own making. */
  sayEvent(type: string, object: Stored): void {
    for (const watch of this.#speaking(object.kind)) watch.event(type, object);
  }

  /** Old versions are gone: open watches hear 410 where `tellWatches`, lists from old versions are refused. */
  expire({ tellWatches = true } = {}): void {
    this.history.compact();
    if (tellWatches) for (const watch of this.watches) watch.expire();
  }

  backup(): Backup {
    return this.history.backup();
  }

  /** As after an etcd restore: everything is as it was, versions too, and all connections are cut. */
  restore(backup: Backup): void {
    this.history.restore(backup);
    this.#cutAll();
  }

  /** The process is gone: connections are cut, new ones refused. */
  async down(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    this.#cutAll();
    await closed;
  }

  /** Listens, after `down` on the same port. */
  async up(): Promise<void> {
    const { tls } = this.#options;
    const take = (request: IncomingMessage, response: ServerResponse): void => void this.#take(request, response);
    const server = tls === undefined ? createServer(take) : createTlsServer(tls, take);
    server.keepAliveTimeout = 180_000;
    server.on('connection', (socket: Socket) => this.#count(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }

  #speaking(kind: string | undefined): WatchLane[] {
    return this.watchesOf(kind).filter(({ isDeaf }) => !isDeaf);
  }

  #count(socket: Socket): void {
    this.#sockets.add(socket);
    this.#mostSockets = Math.max(this.#mostSockets, this.#sockets.size);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url as string, 'http://fake');
    const body = await readBody(request);
    if (!this.#isKnown(request)) return refuse(response, 401, 'Unauthorized', 'Unauthorized');
    const target = targetOf(url.pathname, this.collections);
    if (target === undefined) return void response.writeHead(404).end('404 page not found\n');
    const verb = verbOf(request.method as string, target, url.searchParams);
    const { kind } = target.resource;
    const said = { path: url.pathname, query: url.searchParams, headers: request.headers, body };
    this.requests.push({ at: this.#clock.now(), verb, kind, ...said });
    if (this.#isForbidden(kind, target.namespace)) {
      return refuse(response, 403, 'Forbidden', `${target.resource.plural} is forbidden: no rule allows it`);
    }
    const misdeed = this.faults.take(verb, kind);
    if (misdeed !== undefined && this.#misbehave(misdeed, response)) return;
    this.#answer({ verb, target, url, body, misdeed, contentType: request.headers['content-type'] ?? '' }, response);
  }

  #isKnown({ headers }: IncomingMessage): boolean {
    return this.tokens?.some((token) => headers.authorization === `Bearer ${token}`) ?? true;
  }

  /** true: that was the answer. */
  #misbehave(misdeed: Misdeed, response: ServerResponse): boolean {
    switch (misdeed.do) {
      case 'answer':
        sendFault(response, misdeed);
        return true;
      case 'hang':
        return true;
      case 'cut':
        if (misdeed.afterBytes !== undefined) return false;
        response.destroy();
        return true;
      case 'say':
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(misdeed.bytes);
        return true;
      default:
        return false;
    }
  }

  #answer(asked: Asked, response: ServerResponse): void {
    const { verb, target, body, contentType } = asked;
    if (verb === 'list') return this.#list(asked, response);
    if (verb === 'watch') return this.#watch(asked, response);
    const question = { target, body: body as Raw, query: asked.url.searchParams, contentType };
    if (verb === 'get') return this.#get(target, response);
    if (verb === 'delete') return this.#delete(target, response);
    const write = { create: createObject, update: replaceObject, patch: patchObject }[verb];
    const result = write(this.history, question);
    if (result.kind === 'refused') return refuse(response, result.code, result.reason, result.message);
    sendJson(response, result.status, result.object);
  }

  #get(target: Target, response: ServerResponse): void {
    const { resource, namespace, name } = target;
    const object = this.history.get(keyOf(resource.kind, namespace, name as string));
    if (object === undefined) return refuse(response, 404, 'NotFound', `${resource.plural} "${name}" not found`);
    sendJson(response, 200, object);
  }

  #delete({ resource, namespace, name }: Target, response: ServerResponse): void {
    const object = this.history.remove(keyOf(resource.kind, namespace, name as string));
    if (object === undefined) return refuse(response, 404, 'NotFound', `${resource.plural} "${name}" not found`);
    sendJson(response, 200, object);
  }

  #list({ target, url, misdeed }: Asked, response: ServerResponse): void {
    const { kind, apiVersion } = target.resource;
    const { searchParams: query } = url;
    const fits = judgeOf(target, query);
    const hasSelectors = query.has('labelSelector') || query.has('fieldSelector');
    const lie = misdeed?.do === 'lie' ? misdeed.objects : undefined;
    const skipsPage = misdeed?.do === 'skip-page';
    const answer = answerList(this.history, { kind, apiVersion, query, fits, hasSelectors, lie, skipsPage });
    if (answer.kind === 'expired')
      return refuse(response, 410, 'Expired', 'The provided continue parameter is too old');
    if (answer.kind === 'too-large') return this.#tooLarge(response);
    this.#send(JSON.stringify(answer.body), misdeed, response);
  }

  /** In one piece, in drops, or not to its end. */
  #send(text: string, misdeed: Misdeed | undefined, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    if (misdeed?.do === 'cut') {
      response.write(text.slice(0, misdeed.afterBytes), () => response.destroy());
    } else if (misdeed?.do === 'drip') this.#drip(Buffer.from(text), misdeed, response);
    else response.end(text);
  }

  #drip(bytes: Buffer, misdeed: Misdeed & { readonly do: 'drip' }, response: ServerResponse): void {
    if (response.destroyed) return;
    response.write(bytes.subarray(0, misdeed.bytes));
    const rest = bytes.subarray(misdeed.bytes);
    if (rest.length === 0) response.end();
    else this.#clock.after(misdeed.everyMs, () => this.#drip(rest, misdeed, response));
  }

  #watch({ target, url }: Asked, response: ServerResponse): void {
    const { kind, apiVersion } = target.resource;
    const { searchParams: query } = url;
    const version = query.get('resourceVersion') ?? '';
    const lane = new WatchLane(
      this.history,
      { kind, apiVersion, query, fits: judgeOf(target, query) },
      response,
      this.#clock,
    );
    this.watches.add(lane);
    response.on('close', () => this.watches.delete(lane));
    lane.start(version);
  }

  #tooLarge(response: ServerResponse): void {
    const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
    const message = `Timeout: Too large resource version, current: ${this.history.revision}`;
    refuse(response, 504, 'Timeout', message, { causes, retryAfterSeconds: 1 });
  }
}

interface Asked {
  readonly verb: Verb;
  readonly target: Target;
  readonly url: URL;
  readonly body: unknown;
  readonly misdeed: Misdeed | undefined;
  readonly contentType: string;
}

function judgeOf({ namespace }: Target, query: URLSearchParams): Judge {
  const labels = labelJudge(query.get('labelSelector') ?? '');
  const fields = fieldJudge(query.get('fieldSelector') ?? '');
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) && labels(object) && fields(object);
}

function verbOf(method: string, { name }: Target, query: URLSearchParams): Verb {
  if (method === 'POST') return 'create';
  if (method === 'PUT') return 'update';
  if (method === 'PATCH') return 'patch';
  if (method === 'DELETE') return 'delete';
  if (name !== undefined) return 'get';
  return query.has('watch') && query.get('watch') !== '0' && query.get('watch') !== 'false' ? 'watch' : 'list';
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString());
}

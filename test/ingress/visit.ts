import { expect } from 'vitest';
import { type Answer, ask } from '../support/raw-client.ts';
import { waitUntil } from '../support/wait-until.ts';
import type { Asks, Case, KubeObject, Step } from './case.ts';
import { marker, markerPod } from './marker.ts';
import { ingressClass, refText, served } from './objects.ts';
import type { Echo, Pods } from './pods.ts';
import type { World } from './world.ts';

/** Requests where several pods are to answer; each misses one of ten with 0.9 ** 100. */
const SPREAD_REQUESTS = 100;

const standing: readonly KubeObject[] = [ingressClass('komainu'), ...served('one', 'one'), ...served('two', 'two')];

interface Refusal {
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string } | null;
  readonly field: string;
  readonly reason: string;
}

let visits = 0;

/** One case in a running world: its objects are put there, and its requests are sent. */
export class Visit {
  readonly #world: World;
  readonly #namespace = `case-${visits++}`;
  readonly #objects = new Map<string, KubeObject>();
  #stands = 0;

  constructor(world: World) {
    this.#world = world;
    this.#put(standing);
  }

  async judge(one: Case): Promise<void> {
    this.#put(one.objects ?? []);
    if (one.invalid !== undefined) return await this.#judgeInvalid(one, one.invalid);
    await this.#stand(one);
    for (const step of one.steps ?? []) {
      for (const ref of step.removes ?? []) this.#remove(ref);
      this.#put(step.objects ?? []);
      await this.#stand(step);
    }
  }

  async #judgeInvalid({ objects = [], asks = {} }: Case, field: string): Promise<void> {
    const ref = refText(objects.at(-1)!);
    if (this.#world.place === 'cluster') return await expect(this.#settle(), ref).rejects.toThrow(`${field}: `);
    await this.#settle();
    expect(await this.#answers(asks)).toEqual(asks);
    const texts = (await this.#refusals()).map((refusal) => this.#refusalText(refusal));
    expect(texts).toContainEqual(expect.stringContaining(`${ref} ${field}`));
  }

  async #stand({ asks = {}, refused = [] }: Case | Step): Promise<void> {
    await this.#settle();
    expect(await this.#answers(asks)).toEqual(asks);
    await this.#judgeRefusals([...refused].sort());
  }

  #put(objects: readonly KubeObject[]): void {
    for (const object of objects) {
      this.#objects.delete(refText(object));
      this.#objects.set(refText(object), object);
    }
  }

  #remove(ref: string): void {
    if (!this.#objects.delete(ref)) throw new Error(`${ref} is not there`);
  }

  /** Until the program has all of it: the marker is the last of each kind that routes are made of. */
  async #settle(): Promise<void> {
    const name = `marker-${this.#stands++}`;
    const host = `${name}.${this.#namespace}.test`;
    const objects = [...this.#objects.values(), ...marker(name, host)].map((object) => this.#placed(object));
    await this.#world.have(objects);
    const { komainu } = this.#world;
    await komainu.until(`${host} is served`, async () => readEcho(await this.#ask(`${host}/`))?.pod === markerPod);
  }

  #placed(object: KubeObject): KubeObject {
    const { namespace, ...meta } = object.metadata;
    const own = { ...meta, ...(!isOfCluster(object) && { namespace: this.#namespaceOf(namespace) }) };
    return meant({ ...object, metadata: own }, this.#world.pods) as KubeObject;
  }

  #namespaceOf(written: string | undefined): string {
    if (written === undefined) return this.#namespace;
    return written.startsWith('fixed-') ? written : `${this.#namespace}-${written}`;
  }

  async #answers(asks: Asks): Promise<Asks> {
    const answers: [string, Asks[string]][] = [];
    for (const [key, expected] of Object.entries(asks)) {
      answers.push([key, Array.isArray(expected) ? await this.#spread(key) : await this.#answerText(key)]);
    }
    return Object.fromEntries(answers);
  }

  async #spread(key: string): Promise<readonly string[]> {
    const seen = new Set<string>();
    for (let request = 0; request < SPREAD_REQUESTS; request++) seen.add(String(await this.#answerText(key)));
    return [...seen].sort();
  }

  async #answerText(key: string): Promise<string | number> {
    const answer = await this.#ask(key);
    if (answer.status !== 200) return answer.status;
    const echo = readEcho(answer);
    if (echo === undefined) return `not a pod: ${answer.text}`;
    const { method, host, target } = readKey(key);
    const isTrue = echo.method === method && echo.target === target && (host === '' || echo.host === host);
    return `${echo.pod}${echo.port === 'main' ? '' : ':other'}${isTrue ? '' : ` saw ${JSON.stringify(echo)}`}`;
  }

  #ask(key: string): Promise<Answer> {
    const { method, host, target } = readKey(key);
    const lines = host === '' ? [`${method} ${target} HTTP/1.0`] : [`${method} ${target} HTTP/1.1`, `Host: ${host}`];
    const length = ['POST', 'PUT', 'PATCH'].includes(method) ? ['Content-Length: 0'] : [];
    return ask(this.#world.komainu.port(), [...lines, ...length]);
  }

  /** What is refused beyond routes may be known a moment later. */
  async #judgeRefusals(expected: readonly string[]): Promise<void> {
    let texts: readonly string[] = [];
    const look = async (): Promise<boolean> => {
      texts = (await this.#refusals()).map((refusal) => this.#refusalText(refusal)).sort();
      return JSON.stringify(texts) === JSON.stringify(expected);
    };
    await waitUntil('the refusals are told', look, { deadlineMs: 5_000 }).catch(() => {});
    expect(texts).toEqual(expected);
  }

  async #refusals(): Promise<readonly Refusal[]> {
    return (await this.#world.komainu.api<{ refusals: readonly Refusal[] }>('refusals')).refusals;
  }

  #refusalText({ object, field, reason }: Refusal): string {
    if (object === null) return `nothing ${field} ${reason}`;
    const { kind, namespace, name } = object;
    const place = namespace === '' || namespace === this.#namespace ? '' : `${this.#shortOf(namespace)}/`;
    return `${kind} ${place}${name} ${field} ${reason}`;
  }

  #shortOf(namespace: string): string {
    return namespace.startsWith(`${this.#namespace}-`) ? namespace.slice(this.#namespace.length + 1) : namespace;
  }
}

const isOfCluster = ({ kind }: KubeObject): boolean => kind === 'IngressClass';

/** `POST foo.bar.com/foo`; a host alone asks for nothing and is a mistake. */
function readKey(key: string): { readonly method: string; readonly host: string; readonly target: string } {
  const match = /^(?:([A-Z]+) )?([^/]*)(\/.*)$/.exec(key);
  if (match === null) throw new Error(`${key} is no request`);
  return { method: match[1] ?? 'GET', host: match[2], target: match[3] };
}

function readEcho(answer: Answer): Echo | undefined {
  return answer.header('Content-Type') === 'application/json' && answer.text.startsWith('{"pod":')
    ? (JSON.parse(answer.text) as Echo)
    : undefined;
}

/** `<one>` and its like are put in, and what is undefined falls out. */
function meant(value: unknown, pods: Pods): unknown {
  const name = typeof value === 'string' ? /^<(.+)>$/.exec(value)?.[1] : undefined;
  if (name !== undefined) return pods.meaning(name);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => meant(item, pods));
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, meant(inner, pods)]));
}

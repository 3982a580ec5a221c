import { expect } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import type { Case, KubeObject, Step } from './case.ts';
import { CasePlace } from './case-place.ts';
import { marker, markerPod } from './marker.ts';
import { ingressClass, refText, served } from './objects.ts';
import { answersTo, answerTo } from './requests.ts';
import type { World } from './world.ts';

const standing: readonly KubeObject[] = [ingressClass('komainu'), ...served('one', 'one'), ...served('two', 'two')];

/** What is refused beyond routes is known a moment later. */
const REFUSALS_LIMIT_MS = 5_000;

interface Refusal {
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string } | null;
  readonly field: string;
  readonly reason: string;
}

let visits = 0;

/** One case in a running world: its objects are put there, and its requests are sent. */
export class Visit {
  readonly #world: World;
  readonly #place: CasePlace;
  readonly #objects = new Map<string, KubeObject>();
  #stands = 0;

  constructor(world: World) {
    this.#world = world;
    this.#place = new CasePlace(`case-${visits++}`, world.pods);
    this.#put(standing);
  }

  async judge(one: Case): Promise<void> {
    this.#put(one.objects ?? []);
    if (one.invalid !== undefined) return await this.#judgeInvalid(one, one.invalid);
    await this.#judgeStand(one);
    for (const step of one.steps ?? []) {
      for (const ref of step.removes ?? []) this.#remove(ref);
      this.#put(step.objects ?? []);
      await this.#judgeStand(step);
    }
  }

  async #judgeInvalid({ objects = [], asks = {} }: Case, field: string): Promise<void> {
    const ref = refText(objects.at(-1)!);
    if (this.#world.place === 'cluster') return await expect(this.#settle(), ref).rejects.toThrow(`${field}: `);
    await this.#settle();
    expect(await answersTo(asks, this.#world.komainu.port())).toEqual(asks);
    expect(await this.#refusals()).toContainEqual(expect.stringContaining(`${ref} ${field}`));
  }

  async #judgeStand({ asks = {}, refused = [] }: Case | Step): Promise<void> {
    await this.#settle();
    expect(await answersTo(asks, this.#world.komainu.port())).toEqual(asks);
    const expected = [...refused].sort();
    let told: readonly string[] = [];
    const look = async (): Promise<boolean> => {
      told = await this.#refusals();
      return JSON.stringify(told) === JSON.stringify(expected);
    };
    await waitUntil('the refusals are told', look, { deadlineMs: REFUSALS_LIMIT_MS }).catch(() => {});
    expect(told).toEqual(expected);
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
    const world = this.#world;
    const host = `marker-${this.#stands++}.${this.#place.namespace}.test`;
    const objects = [...this.#objects.values(), ...marker(host)];
    await world.have(objects.map((object) => this.#place.placed(object)));
    const look = async (): Promise<boolean> => (await answerTo(`${host}/`, world.komainu.port())) === markerPod;
    await world.komainu.until(`${host} is served`, look);
  }

  async #refusals(): Promise<readonly string[]> {
    const { refusals } = await this.#world.komainu.api<{ refusals: readonly Refusal[] }>('refusals');
    return refusals.map((refusal) => this.#refusalText(refusal)).sort();
  }

  #refusalText({ object, field, reason }: Refusal): string {
    return `${object === null ? 'nothing' : this.#place.refText(object)} ${field} ${reason}`;
  }
}

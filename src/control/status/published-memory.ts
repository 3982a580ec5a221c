import type { PublishedAddress } from '../../model/objects.ts';
import { addressKey, sameAddresses, settled } from './published-address.ts';

/** On the Lease, where the next leader finds it. */
const NOTE = 'komainu.dev/published-addresses';

export interface Notes {
  recall(key: string): string | undefined;
  remember(key: string, text: string): Promise<boolean>;
}

/**
 * Which addresses we have put into the status of Ingresses and may find there: those of now, and those of before until
 * every Ingress has been looked at. Noted before the first of them is written, so that whoever leads next knows them.
 */
export class PublishedMemory {
  readonly #notes: Notes;
  #known: ReadonlyMap<string, PublishedAddress> | undefined;

  constructor(notes: Notes) {
    this.#notes = notes;
  }

  /** undefined where no leader has noted anything. */
  get wasPublished(): ((address: PublishedAddress) => boolean) | undefined {
    const known = this.#known;
    return known && ((address) => known.has(addressKey(address)));
  }

  /** What the leader before us left. */
  recall(): void {
    this.#known = keyed(readNote(this.#notes.recall(NOTE)));
  }

  /** False when we do not lead any more. */
  add(addresses: readonly PublishedAddress[]): Promise<boolean> {
    return this.#note([...(this.#known?.values() ?? []), ...addresses]);
  }

  /** Nothing else stands in any status. */
  keepOnly(addresses: readonly PublishedAddress[]): Promise<boolean> {
    return this.#note(addresses);
  }

  async #note(addresses: readonly PublishedAddress[]): Promise<boolean> {
    const list = settled(addresses);
    if (this.#known !== undefined && sameAddresses([...this.#known.values()], list)) return true;
    const stands = await this.#notes.remember(NOTE, JSON.stringify(list));
    if (stands) this.#known = keyed(list);
    return stands;
  }
}

const keyed = (addresses: readonly PublishedAddress[] | undefined): Map<string, PublishedAddress> | undefined =>
  addresses && new Map(addresses.map((one) => [addressKey(one), one]));

/** Anybody may have written there: what is no list of addresses counts as nothing. */
function readNote(text: string | undefined): readonly PublishedAddress[] | undefined {
  try {
    const found: unknown = JSON.parse(text ?? '');
    return Array.isArray(found) ? found.filter(isAddress) : undefined;
  } catch {
    return undefined;
  }
}

const isAddress = (one: unknown): one is PublishedAddress =>
  typeof one === 'object' && one !== null && (isText(one, 'ip') || isText(one, 'hostname'));

const isText = (one: object, key: string): boolean => typeof (one as Record<string, unknown>)[key] === 'string';

import { type BackendPolicy, balancingKinds, defaultPolicy, proxyProtocols } from '../model/backend-policy.ts';
import {
  BACKEND_WORDS,
  backendWord,
  ENDPOINT_LAYOUT,
  ENDPOINT_WORDS,
  endpointHeader,
  endpointWord,
} from './endpoint-layout.ts';
import { readText } from './text-area.ts';

export interface EndpointRecord {
  /** Place of its health word; −1: it has none. */
  readonly slot: number;
  readonly address: string;
  readonly port: number;
  readonly weight: number;
}

/** Reads the endpoints of one generation where they stand. Ids come from the route table of the same publication. */
export class EndpointTable {
  readonly generation: number;
  /** Highest backend id + 1. */
  readonly idLimit: number;
  readonly #table: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #backends: number;
  readonly #endpoints: number;
  readonly #texts: number;

  /** Throws when the bytes are of another layout. */
  constructor(bytes: SharedArrayBuffer) {
    const words = new Int32Array(bytes);
    if (words[endpointHeader.layout] !== ENDPOINT_LAYOUT) {
      throw new Error(`endpoint table layout is ${words[endpointHeader.layout]}, this build reads ${ENDPOINT_LAYOUT}`);
    }
    this.#table = bytes;
    this.#words = words;
    this.generation = words[endpointHeader.generationHigh] * 2 ** 32 + (words[endpointHeader.generation] >>> 0);
    this.idLimit = words[endpointHeader.idLimit];
    this.#backends = words[endpointHeader.backends] >> 2;
    this.#endpoints = words[endpointHeader.endpoints] >> 2;
    this.#texts = words[endpointHeader.texts];
  }

  /** 0: this id is not in the table. Otherwise a number that changes whenever the backend's endpoints or its policy change. */
  revisionOf(backend: number): number {
    if (!(backend >= 0 && backend < this.idLimit)) return 0;
    return this.#words[this.#backends + backend * BACKEND_WORDS + backendWord.revision];
  }

  /** '' for an id that is not in the table. */
  keyOf(backend: number): string {
    if (this.revisionOf(backend) === 0) return '';
    return this.#text(this.#backends + backend * BACKEND_WORDS + backendWord.key);
  }

  /** Allocates: to be called once per backend and revision. Empty for an id that is not in the table. */
  endpointsOf(backend: number): EndpointRecord[] {
    if (this.revisionOf(backend) === 0) return [];
    const record = this.#backends + backend * BACKEND_WORDS;
    const first = this.#words[record + backendWord.first];
    const endpoints: EndpointRecord[] = [];
    for (let i = first; i < first + this.#words[record + backendWord.count]; i++) {
      const at = this.#endpoints + i * ENDPOINT_WORDS;
      endpoints.push({
        slot: this.#words[at + endpointWord.slot],
        address: this.#text(at + endpointWord.address),
        port: this.#words[at + endpointWord.port],
        weight: this.#words[at + endpointWord.weight],
      });
    }
    return endpoints;
  }

  /** Allocates: to be called once per backend and revision. The default for an id that is not in the table. */
  policyOf(backend: number): BackendPolicy {
    if (this.revisionOf(backend) === 0) return defaultPolicy;
    const record = this.#backends + backend * BACKEND_WORDS;
    return {
      balancing: {
        kind: balancingKinds[this.#words[record + backendWord.balancing]],
        name: this.#text(record + backendWord.balancingName),
        salt: this.#text(record + backendWord.balancingSalt),
      },
      proxyProtocol: proxyProtocols[this.#words[record + backendWord.proxyProtocol]],
      requestTrailers: this.#words[record + backendWord.requestTrailers] === 1,
    };
  }

  #text(word: number): string {
    return readText(this.#table, this.#words, this.#texts + this.#words[word]);
  }
}

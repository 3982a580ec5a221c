import { type BackendPolicy, balancingKinds, proxyProtocols } from '../model/backend-policy.ts';
import type { Endpoint } from '../model/snapshot.ts';
import {
  BACKEND_WORDS,
  backendWord,
  ENDPOINT_HEADER_WORDS,
  ENDPOINT_LAYOUT,
  ENDPOINT_WORDS,
  endpointHeader,
  endpointWord,
} from './endpoint-layout.ts';
import { TextArea } from './text-area.ts';

/** A backend with the numbers that the compiler gave it. */
export interface NumberedBackend {
  /** Not negative, different for each backend, and dense: the table has a record for each id up to the highest. */
  readonly id: number;
  /** Not 0. */
  readonly revision: number;
  readonly key: string;
  readonly endpoints: readonly Endpoint[];
  /** Health slot of each endpoint, −1 for none. */
  readonly slots: readonly number[];
  readonly policy: BackendPolicy;
}

export interface EndpointWriting {
  readonly generation: number;
  /** A buffer of at least so many bytes; what stands in it is overwritten as far as it is read. */
  allocate(byteLength: number): SharedArrayBuffer;
}

/** Offsets are 32-bit and signed. */
const LIMIT_BYTES = 2 ** 31 - 2 ** 16;

/** Writes the endpoints of one generation. */
export function writeEndpoints(backends: readonly NumberedBackend[], options: EndpointWriting): SharedArrayBuffer {
  const writer = new EndpointWriter();
  for (const backend of backends) writer.put(backend);
  return writer.write(options);
}

/**
 * Writes the endpoints of one generation after the other: what a backend says is turned into words when it is put, and
 * stays until it is put again or removed.
 */
export class EndpointWriter {
  #records = new Int32Array(64 * BACKEND_WORDS);
  #idLimit = 0;
  #endpoints = new Int32Array(256 * ENDPOINT_WORDS);
  /** Endpoints in the array, those that no backend has any more among them. */
  #used = 0;
  #live = 0;
  readonly #texts = new TextArea(16_384);
  /** As it was when it was written first. */
  #firstTextBytes = -1;

  /** True when a new writer, with the same backends put, would write much less. */
  get isWasteful(): boolean {
    const texts = this.#firstTextBytes >= 0 && this.#texts.length > 2 * this.#firstTextBytes + 65_536;
    return texts || this.#used > 2 * this.#live + 1024;
  }

  put({ id, revision, key, endpoints, slots, policy }: NumberedBackend): void {
    this.#idLimit = Math.max(this.#idLimit, id + 1);
    this.#records = withRoom(this.#records, this.#idLimit * BACKEND_WORDS);
    const records = this.#records;
    const record = id * BACKEND_WORDS;
    const before = records[record + backendWord.count];
    const first = endpoints.length <= before ? records[record + backendWord.first] : this.#append(endpoints.length);
    this.#live += endpoints.length - before;
    records[record + backendWord.revision] = revision;
    records[record + backendWord.key] = this.#texts.intern(key);
    records[record + backendWord.first] = first;
    records[record + backendWord.count] = endpoints.length;
    this.#putPolicy(policy, record);
    for (let i = 0; i < endpoints.length; i++) this.#putEndpoint(first + i, endpoints[i], slots[i]);
  }

  remove(id: number): void {
    const record = id * BACKEND_WORDS;
    if (id >= this.#idLimit) return;
    this.#live -= this.#records[record + backendWord.count];
    this.#records.fill(0, record, record + BACKEND_WORDS);
  }

  write(options: EndpointWriting): SharedArrayBuffer {
    const texts = this.#texts;
    if (this.#firstTextBytes < 0) this.#firstTextBytes = texts.length;
    const backendsAt = ENDPOINT_HEADER_WORDS * 4;
    const endpointsAt = backendsAt + this.#idLimit * BACKEND_WORDS * 4;
    const textsAt = endpointsAt + this.#used * ENDPOINT_WORDS * 4;
    const byteLength = textsAt + texts.length;
    if (byteLength > LIMIT_BYTES) throw new RangeError(`endpoint table of ${byteLength} bytes, at most ${LIMIT_BYTES}`);

    const table = options.allocate(byteLength);
    const words = new Int32Array(table);
    words.set(this.#records.subarray(0, this.#idLimit * BACKEND_WORDS), backendsAt >> 2);
    words.set(this.#endpoints.subarray(0, this.#used * ENDPOINT_WORDS), endpointsAt >> 2);
    texts.copyTo(new Uint8Array(table), textsAt);
    words[endpointHeader.generation] = options.generation | 0;
    words[endpointHeader.generationHigh] = Math.floor(options.generation / 2 ** 32);
    words[endpointHeader.byteLength] = byteLength;
    words[endpointHeader.idLimit] = this.#idLimit;
    words[endpointHeader.endpointCount] = this.#live;
    words[endpointHeader.backends] = backendsAt;
    words[endpointHeader.endpoints] = endpointsAt;
    words[endpointHeader.texts] = textsAt;
    words[endpointHeader.layout] = ENDPOINT_LAYOUT;
    return table;
  }

  #append(count: number): number {
    const first = this.#used;
    this.#used += count;
    this.#endpoints = withRoom(this.#endpoints, this.#used * ENDPOINT_WORDS);
    return first;
  }

  #putEndpoint(index: number, { address, port, weight }: Endpoint, slot: number): void {
    const at = index * ENDPOINT_WORDS;
    this.#endpoints[at + endpointWord.slot] = slot;
    this.#endpoints[at + endpointWord.port] = port;
    this.#endpoints[at + endpointWord.address] = this.#texts.intern(address);
    this.#endpoints[at + endpointWord.weight] = weight;
  }

  #putPolicy({ balancing, proxyProtocol, requestTrailers }: BackendPolicy, record: number): void {
    const records = this.#records;
    records[record + backendWord.balancing] = balancingKinds.indexOf(balancing.kind);
    records[record + backendWord.balancingName] = this.#texts.intern(balancing.name);
    records[record + backendWord.balancingSalt] = this.#texts.intern(balancing.salt);
    records[record + backendWord.proxyProtocol] = proxyProtocols.indexOf(proxyProtocol);
    records[record + backendWord.requestTrailers] = requestTrailers ? 1 : 0;
  }
}

/** The same words in an array that has at least so many. */
function withRoom(words: Int32Array<ArrayBuffer>, count: number): Int32Array<ArrayBuffer> {
  if (words.length >= count) return words;
  const larger = new Int32Array(Math.max(count, words.length * 2));
  larger.set(words);
  return larger;
}

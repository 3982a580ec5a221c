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
  const idLimit = backends.reduce((limit, backend) => Math.max(limit, backend.id + 1), 0);
  const endpointCount = backends.reduce((count, backend) => count + backend.endpoints.length, 0);
  const texts = new TextArea(backends.length * 48 + endpointCount * 20);
  const records = new Int32Array(idLimit * BACKEND_WORDS);
  const endpoints = new Int32Array(endpointCount * ENDPOINT_WORDS);
  fill(backends, records, endpoints, texts);

  const backendsAt = ENDPOINT_HEADER_WORDS * 4;
  const endpointsAt = backendsAt + records.byteLength;
  const textsAt = endpointsAt + endpoints.byteLength;
  const byteLength = textsAt + texts.length;
  if (byteLength > LIMIT_BYTES) throw new RangeError(`endpoint table of ${byteLength} bytes, at most ${LIMIT_BYTES}`);

  const table = options.allocate(byteLength);
  const words = new Int32Array(table);
  words.set(records, backendsAt >> 2);
  words.set(endpoints, endpointsAt >> 2);
  texts.copyTo(new Uint8Array(table), textsAt);
  words[endpointHeader.generation] = options.generation | 0;
  words[endpointHeader.generationHigh] = Math.floor(options.generation / 2 ** 32);
  words[endpointHeader.byteLength] = byteLength;
  words[endpointHeader.idLimit] = idLimit;
  words[endpointHeader.endpointCount] = endpointCount;
  words[endpointHeader.backends] = backendsAt;
  words[endpointHeader.endpoints] = endpointsAt;
  words[endpointHeader.texts] = textsAt;
  words[endpointHeader.layout] = ENDPOINT_LAYOUT;
  return table;
}

function fill(backends: readonly NumberedBackend[], records: Int32Array, endpoints: Int32Array, texts: TextArea): void {
  let next = 0;
  for (const backend of backends) {
    const record = backend.id * BACKEND_WORDS;
    records[record + backendWord.revision] = backend.revision;
    records[record + backendWord.key] = texts.add(backend.key);
    records[record + backendWord.first] = next;
    records[record + backendWord.count] = backend.endpoints.length;
    fillPolicy(backend.policy, record, records, texts);
    for (let i = 0; i < backend.endpoints.length; i++) {
      const at = next++ * ENDPOINT_WORDS;
      endpoints[at + endpointWord.slot] = backend.slots[i];
      endpoints[at + endpointWord.port] = backend.endpoints[i].port;
      endpoints[at + endpointWord.address] = texts.add(backend.endpoints[i].address);
      endpoints[at + endpointWord.weight] = backend.endpoints[i].weight;
    }
  }
}

function fillPolicy(policy: BackendPolicy, record: number, records: Int32Array, texts: TextArea): void {
  const { balancing, proxyProtocol, requestTrailers } = policy;
  records[record + backendWord.balancing] = balancingKinds.indexOf(balancing.kind);
  records[record + backendWord.balancingName] = texts.intern(balancing.name);
  records[record + backendWord.balancingSalt] = texts.intern(balancing.salt);
  records[record + backendWord.proxyProtocol] = proxyProtocols.indexOf(proxyProtocol);
  records[record + backendWord.requestTrailers] = requestTrailers ? 1 : 0;
}

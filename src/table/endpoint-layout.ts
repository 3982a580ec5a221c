/**
 * The endpoints of every backend, in 32-bit words of the machine's byte order:
 *
 *   header | backends, by id | endpoints, those of a backend side by side | texts …… | rest, never read
 *
 * An id that no backend has is a record of zeros.
 */
export const ENDPOINT_LAYOUT = 0x4b45_0002; // 'KE' and a version

export const endpointHeader = {
  layout: 0,
  /** Low and high 32 bits. */
  generation: 1,
  generationHigh: 2,
  byteLength: 3,
  /** Highest id + 1. */
  idLimit: 4,
  endpointCount: 5,
  /** Byte offsets. */
  backends: 6,
  endpoints: 7,
  texts: 8,
} as const;
export const ENDPOINT_HEADER_WORDS = 10;

export const backendWord = {
  /** Never 0 for a backend. */
  revision: 0,
  /** Text reference. */
  key: 1,
  /** Index of its first endpoint. */
  first: 2,
  count: 3,
  /** Index in `balancingKinds`. */
  balancing: 4,
  /** Text references. */
  balancingName: 5,
  balancingSalt: 6,
  /** Index in `proxyProtocols`. */
  proxyProtocol: 7,
  /** 0 or 1. */
  requestTrailers: 8,
} as const;
export const BACKEND_WORDS = 9;

export const endpointWord = {
  /** Place of its health word, −1 when there were no more. */
  slot: 0,
  port: 1,
  /** Text reference. */
  address: 2,
  weight: 3,
} as const;
export const ENDPOINT_WORDS = 4;

/**
 * The compiled routes, in 32-bit words of the machine's byte order:
 *
 *   header | rules | hosts | rule slots | host slots | texts …… | rest of a recycled buffer, never read
 *
 * A rule's index is its place in the snapshot. Slots are an open-addressing table with linear probing; a slot is
 * a hash and an index + 1, 0 marks the end of a chain. Only exact and prefix rules with a path stand in slots:
 * a host's prefix `/` and its default are in its own record.
 */
export const ROUTE_LAYOUT = 0x4b52_0001; // 'KR' and a version

export const routeHeader = {
  layout: 0,
  /** Low and high 32 bits. */
  generation: 1,
  generationHigh: 2,
  byteLength: 3,
  seed: 4,
  ruleCount: 5,
  hostCount: 6,
  /** Byte offsets. */
  rules: 7,
  hosts: 8,
  ruleSlots: 9,
  hostSlots: 10,
  texts: 11,
  /** Number of slots − 1. */
  ruleSlotMask: 12,
  hostSlotMask: 13,
  /** Host index of the rules without host, + 1. */
  anyHost: 14,
  wildcardHosts: 15,
  /** Bounds of the scans: nothing longer or deeper stands in the table. */
  longestHost: 16,
  longestPath: 17,
  deepestPrefix: 18,
} as const;
export const ROUTE_HEADER_WORDS = 20;

export const ruleWord = {
  host: 0,
  /** Text reference of the path. */
  path: 1,
  /** Path length in bytes × 4 + path kind. */
  shape: 2,
  backend: 3,
  /** Text references, read only to explain. */
  backendKey: 4,
  ownerKind: 5,
  ownerNamespace: 6,
  ownerName: 7,
  field: 8,
} as const;
export const RULE_WORDS = 9;

export const hostWord = {
  hash: 0,
  /** Text reference of the host as written, `*.a.test` with its star. */
  text: 1,
  length: 2,
  kind: 3,
  /** Rule index + 1 of the prefix `/` and of the default; 0: none. */
  root: 4,
  fallback: 5,
  exactRules: 6,
  /** Bit d: a prefix of d elements exists; bit 31: one of 31 or more. */
  depths: 7,
  deepest: 8,
} as const;
export const HOST_WORDS = 9;

export const slotWord = { hash: 0, index: 1 } as const;
export const SLOT_WORDS = 2;

export const pathKinds = ['exact', 'prefix', 'default'] as const;
export const EXACT = 0;
export const PREFIX = 1;
export const DEFAULT = 2;

export const HOST_EXACT = 0;
export const HOST_WILDCARD = 1;
export const HOST_ANY = 2;

/** Which bit of `depths` speaks for a prefix of `depth` elements. */
export const depthBit = (depth: number): number => 1 << Math.min(depth, 31);

/** Hash of a rule's slot: path, host and kind together. */
export function ruleHash(pathHash: number, hostHash: number, kind: number): number {
  const mixed = Math.imul(pathHash ^ (kind + 1), 0x9e37_79b1 | 0) + hostHash;
  const spread = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b | 0);
  return spread ^ (spread >>> 13);
}

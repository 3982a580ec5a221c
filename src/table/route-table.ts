import type { Rule } from '../model/snapshot.ts';
import {
  depthBit,
  EXACT,
  HOST_EXACT,
  HOST_WILDCARD,
  HOST_WORDS,
  hostWord,
  PREFIX,
  pathKinds,
  ROUTE_LAYOUT,
  RULE_WORDS,
  routeHeader,
  ruleHash,
  ruleWord,
} from './route-layout.ts';
import { readText } from './text-area.ts';
import { hashMultiplier, hashStart, hashStep } from './text-hash.ts';

const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * Reads the routes of one generation where they stand; keeps no copy. The order is that of the Ingress documentation:
 * among the rules whose host and path both match, exact host, then one-label wildcard, then no host; within a host
 * exact path, then the longest prefix, then the default.
 *
 *   host ──► exact host ──► exact path ──► prefixes, deepest first ──► prefix / ──► default
 *              │ nothing
 *              ▼
 *            wildcard host ── the same four ──► no host ── the same four ──► −1
 *
 * The path is read once: `#scan` keeps the hash at each element boundary, so that a prefix costs one probe.
 */
export class RouteTable {
  readonly generation: number;
  readonly ruleCount: number;
  readonly #table: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #rules: number;
  readonly #hosts: number;
  readonly #ruleSlots: number;
  readonly #hostSlots: number;
  readonly #texts: number;
  readonly #ruleSlotMask: number;
  readonly #hostSlotMask: number;
  readonly #anyHost: number;
  readonly #wildcardHosts: number;
  readonly #longestHost: number;
  readonly #longestPath: number;
  readonly #deepestPrefix: number;
  readonly #hashStart: number;
  readonly #multiplier: number;
  /** What the last `#scan` found: for each depth the hash and the length of the path up to there. */
  readonly #hashes: Int32Array;
  readonly #lengths: Int32Array;
  #depth = 0;
  /** Hash of the whole path, or of its beginning where it is longer than any stored one and no exact rule can fit. */
  #hash = 0;

  /** Throws when the bytes are of another layout. */
  constructor(bytes: SharedArrayBuffer) {
    const words = new Int32Array(bytes);
    if (words[routeHeader.layout] !== ROUTE_LAYOUT) {
      throw new Error(`route table layout is ${words[routeHeader.layout]}, this build reads ${ROUTE_LAYOUT}`);
    }
    this.#table = bytes;
    this.#words = words;
    this.#bytes = new Uint8Array(bytes);
    this.generation = words[routeHeader.generationHigh] * 2 ** 32 + (words[routeHeader.generation] >>> 0);
    this.ruleCount = words[routeHeader.ruleCount];
    this.#rules = words[routeHeader.rules] >> 2;
    this.#hosts = words[routeHeader.hosts] >> 2;
    this.#ruleSlots = words[routeHeader.ruleSlots] >> 2;
    this.#hostSlots = words[routeHeader.hostSlots] >> 2;
    this.#texts = words[routeHeader.texts];
    this.#ruleSlotMask = words[routeHeader.ruleSlotMask];
    this.#hostSlotMask = words[routeHeader.hostSlotMask];
    this.#anyHost = words[routeHeader.anyHost] - 1;
    this.#wildcardHosts = words[routeHeader.wildcardHosts];
    this.#longestHost = words[routeHeader.longestHost];
    this.#longestPath = words[routeHeader.longestPath];
    this.#deepestPrefix = words[routeHeader.deepestPrefix];
    this.#hashStart = hashStart(words[routeHeader.seed]);
    this.#multiplier = hashMultiplier(words[routeHeader.seed]);
    this.#hashes = new Int32Array(this.#deepestPrefix + 1);
    this.#lengths = new Int32Array(this.#deepestPrefix + 1);
  }

  /**
   * Rule index or −1. `host`: the bytes of the Host without port, in any letter case; `path`: the canonical path,
   * beginning with `/`. A path that begins otherwise (the `*` of OPTIONS) is taken only by a prefix `/` or a default.
   */
  find(
    host: Uint8Array,
    hostStart: number,
    hostEnd: number,
    path: Uint8Array,
    pathStart: number,
    pathEnd: number,
  ): number {
    this.#scan(path, pathStart, pathEnd);
    const exact = this.#findHost(host, hostStart, hostEnd, HOST_EXACT);
    if (exact >= 0) {
      const rule = this.#findPath(exact, path, pathStart, pathEnd);
      if (rule >= 0) return rule;
    }
    if (this.#wildcardHosts > 0) {
      const wildcard = this.#findWildcard(host, hostStart, hostEnd);
      if (wildcard >= 0) {
        const rule = this.#findPath(wildcard, path, pathStart, pathEnd);
        if (rule >= 0) return rule;
      }
    }
    return this.#anyHost >= 0 ? this.#findPath(this.#anyHost, path, pathStart, pathEnd) : -1;
  }

  backendOf(rule: number): number {
    return this.#words[this.#rules + rule * RULE_WORDS + ruleWord.backend];
  }

  /** The rule as it was compiled, for people. Throws RangeError when there is no such rule. */
  describe(rule: number): Rule {
    if (!Number.isInteger(rule) || rule < 0 || rule >= this.ruleCount) throw new RangeError(`no rule ${rule}`);
    const at = this.#rules + rule * RULE_WORDS;
    const host = this.#hosts + this.#words[at + ruleWord.host] * HOST_WORDS;
    return {
      host: this.#text(host + hostWord.text),
      pathKind: pathKinds[this.#words[at + ruleWord.shape] & 3],
      path: this.#text(at + ruleWord.path),
      backend: this.#text(at + ruleWord.backendKey),
      owner: {
        kind: this.#text(at + ruleWord.ownerKind),
        namespace: this.#text(at + ruleWord.ownerNamespace),
        name: this.#text(at + ruleWord.ownerName),
      },
      field: this.#text(at + ruleWord.field),
    };
  }

  #text(word: number): string {
    return readText(this.#table, this.#words, this.#texts + this.#words[word]);
  }

  /** Reads no further than the longest stored path, so that long targets cost no more than long routes. */
  #scan(path: Uint8Array, start: number, end: number): void {
    const multiplier = this.#multiplier;
    const deepest = this.#deepestPrefix;
    const stop = Math.min(end, start + this.#longestPath);
    let hash = this.#hashStart;
    let depth = -1;
    let at = start;
    for (; at < stop; at++) {
      const byte = path[at];
      if (byte === SLASH) {
        depth++;
        if (depth <= deepest) this.#mark(depth, hash, at - start);
      }
      hash = hashStep(hash, byte, multiplier);
    }
    if (at === end || path[at] === SLASH) {
      depth++;
      if (depth <= deepest) this.#mark(depth, hash, at - start);
    }
    this.#depth = Math.min(depth, deepest);
    this.#hash = hash;
  }

  #mark(depth: number, hash: number, length: number): void {
    this.#hashes[depth] = hash;
    this.#lengths[depth] = length;
  }

  #findPath(host: number, path: Uint8Array, start: number, end: number): number {
    const words = this.#words;
    const record = this.#hosts + host * HOST_WORDS;
    if (start < end && path[start] === SLASH) {
      const hostHash = words[record + hostWord.hash];
      if (words[record + hostWord.exactRules] > 0) {
        const rule = this.#probe(host, ruleHash(this.#hash, hostHash, EXACT), EXACT, path, start, end - start);
        if (rule >= 0) return rule;
      }
      const depths = words[record + hostWord.depths];
      for (let depth = Math.min(this.#depth, words[record + hostWord.deepest]); depth > 0; depth--) {
        if ((depths & depthBit(depth)) === 0) continue;
        const hash = ruleHash(this.#hashes[depth], hostHash, PREFIX);
        const rule = this.#probe(host, hash, PREFIX, path, start, this.#lengths[depth]);
        if (rule >= 0) return rule;
      }
    }
    const root = words[record + hostWord.root];
    return (root > 0 ? root : words[record + hostWord.fallback]) - 1;
  }

  /** The rule of this host and kind whose path is the first `length` bytes, or −1. */
  #probe(host: number, hash: number, kind: number, path: Uint8Array, start: number, length: number): number {
    const words = this.#words;
    const slots = this.#ruleSlots;
    const mask = this.#ruleSlotMask;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = words[slots + slot * 2 + 1];
      if (entry === 0) return -1;
      if (words[slots + slot * 2] !== hash) continue;
      const rule = this.#rules + (entry - 1) * RULE_WORDS;
      if (words[rule + ruleWord.shape] !== length * 4 + kind || words[rule + ruleWord.host] !== host) continue;
      if (this.#samePath(this.#texts + words[rule + ruleWord.path] + 4, path, start, length)) return entry - 1;
    }
  }

  #samePath(stored: number, path: Uint8Array, start: number, length: number): boolean {
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) if (bytes[stored + i] !== path[start + i]) return false;
    return true;
  }

  /** RFC 9110 4.2.3: the host is case-insensitive. Only ASCII letters are folded; all else is compared as bytes. */
  #findHost(host: Uint8Array, start: number, end: number, kind: number): number {
    if (end - start > this.#longestHost) return -1;
    const multiplier = this.#multiplier;
    let hash = this.#hashStart ^ kind;
    for (let i = start; i < end; i++) hash = hashStep(hash, lower(host[i]), multiplier);
    const words = this.#words;
    const slots = this.#hostSlots;
    const mask = this.#hostSlotMask;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = words[slots + slot * 2 + 1];
      if (entry === 0) return -1;
      if (words[slots + slot * 2] === hash && this.#sameHost(entry - 1, host, start, end, kind)) return entry - 1;
    }
  }

  #sameHost(index: number, host: Uint8Array, start: number, end: number, kind: number): boolean {
    const record = this.#hosts + index * HOST_WORDS;
    const skip = kind === HOST_WILDCARD ? 1 : 0; // the star
    if (this.#words[record + hostWord.kind] !== kind) return false;
    if (this.#words[record + hostWord.length] !== end - start + skip) return false;
    const stored = this.#texts + this.#words[record + hostWord.text] + 4 + skip;
    for (let i = 0; i < end - start; i++) if (this.#bytes[stored + i] !== lower(host[start + i])) return false;
    return true;
  }

  /** Exactly one label, and not an empty one, stands for the star. */
  #findWildcard(host: Uint8Array, start: number, end: number): number {
    let dot = start;
    while (dot < end && host[dot] !== DOT) dot++;
    return dot === start || dot === end ? -1 : this.#findHost(host, dot, end, HOST_WILDCARD);
  }
}

const lower = (byte: number): number => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);

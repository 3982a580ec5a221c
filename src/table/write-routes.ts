import type { Rule } from '../model/snapshot.ts';
import {
  DEFAULT,
  depthBit,
  EXACT,
  HOST_ANY,
  HOST_EXACT,
  HOST_WILDCARD,
  HOST_WORDS,
  hostWord,
  PREFIX,
  ROUTE_HEADER_WORDS,
  ROUTE_LAYOUT,
  RULE_WORDS,
  routeHeader,
  ruleHash,
  ruleWord,
  SLOT_WORDS,
} from './route-layout.ts';
import { TextArea } from './text-area.ts';
import { hashMultiplier, hashStart, hashStep, slotCountFor } from './text-hash.ts';

export interface RouteWriting {
  readonly generation: number;
  /** Secret of the hash. */
  readonly seed: number;
  backendId(key: string): number;
  /** A buffer of at least so many bytes; what stands in it is overwritten as far as it is read. */
  allocate(byteLength: number): SharedArrayBuffer;
}

/** Offsets are 32-bit and signed. */
const LIMIT_BYTES = 2 ** 31 - 2 ** 16;
const SLASH = 0x2f;

/** Writes the routes of one generation. Where two rules say the same host, kind and path the first counts. */
export function writeRoutes(rules: readonly Rule[], options: RouteWriting): SharedArrayBuffer {
  const draft = new RouteDraft(rules.length, options.seed);
  for (let i = 0; i < rules.length; i++) draft.add(rules[i], i, options.backendId(rules[i].backend));
  return draft.finish(options);
}

/** Everything but the slots, in arrays of its own until the size is known. */
class RouteDraft {
  readonly #rules: Int32Array;
  /** Slot hash per rule; only exact and prefix rules with a path have one. */
  readonly #slotHashes: Int32Array;
  readonly #slotted: Uint8Array;
  readonly #texts: TextArea;
  readonly #start: number;
  readonly #multiplier: number;
  readonly #hostIndex = new Map<string, number>();
  #hosts = new Int32Array(64 * HOST_WORDS);
  #hostCount = 0;
  #lastHost: string | undefined;
  #last = 0;
  #wildcardHosts = 0;
  #longestHost = 0;
  #longestPath = 0;
  #deepestPrefix = 0;

  constructor(ruleCount: number, seed: number) {
    this.#rules = new Int32Array(ruleCount * RULE_WORDS);
    this.#slotHashes = new Int32Array(ruleCount);
    this.#slotted = new Uint8Array(ruleCount);
    this.#texts = new TextArea(ruleCount * 128);
    this.#start = hashStart(seed);
    this.#multiplier = hashMultiplier(seed);
  }

  add(rule: Rule, index: number, backend: number): void {
    const host = rule.host === this.#lastHost ? this.#last : this.#hostOf(rule.host);
    const texts = this.#texts;
    const path = rule.path === '' ? texts.intern('') : texts.add(rule.path);
    const length = texts.sizeOf(path);
    const kind = rule.pathKind === 'exact' ? EXACT : rule.pathKind === 'prefix' ? PREFIX : DEFAULT;
    const at = index * RULE_WORDS;
    const words = this.#rules;
    words[at + ruleWord.host] = host;
    words[at + ruleWord.path] = path;
    words[at + ruleWord.shape] = length * 4 + kind;
    words[at + ruleWord.backend] = backend;
    words[at + ruleWord.backendKey] = texts.intern(rule.backend);
    words[at + ruleWord.ownerKind] = texts.intern(rule.owner.kind);
    words[at + ruleWord.ownerNamespace] = texts.intern(rule.owner.namespace);
    words[at + ruleWord.ownerName] = texts.intern(rule.owner.name);
    words[at + ruleWord.field] = texts.intern(rule.field);
    this.#place(index, host * HOST_WORDS, kind, path, length);
  }

  finish(options: RouteWriting): SharedArrayBuffer {
    const ruleCount = this.#slotHashes.length;
    const ruleSlots = slotCountFor(ruleCount);
    const hostSlots = slotCountFor(this.#hostCount);
    const rulesAt = ROUTE_HEADER_WORDS * 4;
    const hostsAt = rulesAt + ruleCount * RULE_WORDS * 4;
    const ruleSlotsAt = hostsAt + this.#hostCount * HOST_WORDS * 4;
    const hostSlotsAt = ruleSlotsAt + ruleSlots * SLOT_WORDS * 4;
    const textsAt = hostSlotsAt + hostSlots * SLOT_WORDS * 4;
    const byteLength = textsAt + this.#texts.length;
    if (byteLength > LIMIT_BYTES) throw new RangeError(`route table of ${byteLength} bytes, at most ${LIMIT_BYTES}`);

    const table = options.allocate(byteLength);
    const words = new Int32Array(table);
    words.set(this.#rules, rulesAt >> 2);
    words.set(this.#hosts.subarray(0, this.#hostCount * HOST_WORDS), hostsAt >> 2);
    words.fill(0, ruleSlotsAt >> 2, textsAt >> 2);
    this.#fillRuleSlots(words, ruleSlotsAt >> 2, ruleSlots - 1);
    const anyHost = this.#fillHostSlots(words, hostSlotsAt >> 2, hostSlots - 1);
    this.#texts.copyTo(new Uint8Array(table), textsAt);

    words[routeHeader.generation] = options.generation | 0;
    words[routeHeader.generationHigh] = Math.floor(options.generation / 2 ** 32);
    words[routeHeader.byteLength] = byteLength;
    words[routeHeader.seed] = options.seed;
    words[routeHeader.ruleCount] = ruleCount;
    words[routeHeader.hostCount] = this.#hostCount;
    words[routeHeader.rules] = rulesAt;
    words[routeHeader.hosts] = hostsAt;
    words[routeHeader.ruleSlots] = ruleSlotsAt;
    words[routeHeader.hostSlots] = hostSlotsAt;
    words[routeHeader.texts] = textsAt;
    words[routeHeader.ruleSlotMask] = ruleSlots - 1;
    words[routeHeader.hostSlotMask] = hostSlots - 1;
    words[routeHeader.anyHost] = anyHost + 1;
    words[routeHeader.wildcardHosts] = this.#wildcardHosts;
    words[routeHeader.longestHost] = this.#longestHost;
    words[routeHeader.longestPath] = this.#longestPath;
    words[routeHeader.deepestPrefix] = this.#deepestPrefix;
    words[routeHeader.layout] = ROUTE_LAYOUT;
    return table;
  }

  #hostOf(host: string): number {
    const index = this.#hostIndex.get(host) ?? this.#addHost(host);
    this.#lastHost = host;
    this.#last = index;
    return index;
  }

  #addHost(host: string): number {
    const index = this.#hostCount++;
    this.#hostIndex.set(host, index);
    if (this.#hosts.length < this.#hostCount * HOST_WORDS) this.#growHosts();
    const kind = host === '' ? HOST_ANY : host.startsWith('*.') ? HOST_WILDCARD : HOST_EXACT;
    const text = this.#texts.add(host);
    const length = this.#texts.sizeOf(text);
    const at = index * HOST_WORDS;
    const bytes = this.#texts.bytes;
    let hash = this.#start ^ kind;
    for (let i = kind === HOST_WILDCARD ? 1 : 0; i < length; i++) {
      hash = hashStep(hash, bytes[text + 4 + i], this.#multiplier);
    }
    this.#hosts[at + hostWord.hash] = hash;
    this.#hosts[at + hostWord.text] = text;
    this.#hosts[at + hostWord.length] = length;
    this.#hosts[at + hostWord.kind] = kind;
    if (kind === HOST_WILDCARD) this.#wildcardHosts++;
    this.#longestHost = Math.max(this.#longestHost, length);
    return index;
  }

  #growHosts(): void {
    const larger = new Int32Array(this.#hosts.length * 2);
    larger.set(this.#hosts);
    this.#hosts = larger;
  }

  /** Into the host's own record, or marked for a slot. */
  #place(index: number, host: number, kind: number, path: number, length: number): void {
    const hosts = this.#hosts;
    if (kind === DEFAULT || (kind === PREFIX && length === 0)) {
      const word = host + (kind === DEFAULT ? hostWord.fallback : hostWord.root);
      if (hosts[word] === 0) hosts[word] = index + 1;
      return;
    }
    const bytes = this.#texts.bytes;
    const multiplier = this.#multiplier;
    let hash = this.#start;
    let depth = 0;
    for (let i = path + 4; i < path + 4 + length; i++) {
      const byte = bytes[i];
      if (byte === SLASH) depth++;
      hash = hashStep(hash, byte, multiplier);
    }
    this.#slotHashes[index] = ruleHash(hash, hosts[host + hostWord.hash], kind);
    this.#slotted[index] = 1;
    if (length > this.#longestPath) this.#longestPath = length;
    if (kind === EXACT) hosts[host + hostWord.exactRules]++;
    else this.#noteDepth(host, depth);
  }

  #noteDepth(host: number, depth: number): void {
    this.#hosts[host + hostWord.depths] |= depthBit(depth);
    if (depth > this.#hosts[host + hostWord.deepest]) this.#hosts[host + hostWord.deepest] = depth;
    if (depth > this.#deepestPrefix) this.#deepestPrefix = depth;
  }

  #fillRuleSlots(words: Int32Array, slots: number, mask: number): void {
    const hashes = this.#slotHashes;
    for (let i = 0; i < hashes.length; i++) if (this.#slotted[i] === 1) fillSlot(words, slots, mask, hashes[i], i);
  }

  /** Returns the index of the rules without host, or −1. */
  #fillHostSlots(words: Int32Array, slots: number, mask: number): number {
    let anyHost = -1;
    for (let i = 0; i < this.#hostCount; i++) {
      if (this.#hosts[i * HOST_WORDS + hostWord.kind] === HOST_ANY) anyHost = i;
      else fillSlot(words, slots, mask, this.#hosts[i * HOST_WORDS + hostWord.hash], i);
    }
    return anyHost;
  }
}

/** Equal keys stand in the order of their coming, so the first is found. */
function fillSlot(words: Int32Array, slots: number, mask: number, hash: number, index: number): void {
  let slot = hash & mask;
  while (words[slots + slot * SLOT_WORDS + 1] !== 0) slot = (slot + 1) & mask;
  words[slots + slot * SLOT_WORDS] = hash;
  words[slots + slot * SLOT_WORDS + 1] = index + 1;
}

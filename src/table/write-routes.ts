import { finish, type Work } from '../base/slices.ts';
import type { Rule } from '../model/snapshot.ts';
import { PREPARED_WORDS, PreparedRules, preparedWord } from './prepared-rules.ts';
import {
  DEFAULT,
  depthBit,
  EXACT,
  HOST_ANY,
  HOST_WILDCARD,
  HOST_WORDS,
  hostWord,
  ROUTE_HEADER_WORDS,
  ROUTE_LAYOUT,
  RULE_WORDS,
  routeHeader,
  ruleWord,
  SLOT_WORDS,
} from './route-layout.ts';
import { slotCountFor } from './text-hash.ts';

export interface RouteWriting {
  readonly generation: number;
  backendId(key: string): number;
  /** A buffer of at least so many bytes; what stands in it is overwritten as far as it is read. */
  allocate(byteLength: number): SharedArrayBuffer;
}

/** Offsets are 32-bit and signed. */
const LIMIT_BYTES = 2 ** 31 - 2 ** 16;

/** Writes the routes of one generation. Where two rules say the same host, kind and path the first counts. */
export const writeRoutes = (rules: readonly Rule[], options: RouteWriting & { readonly seed: number }) =>
  finish(new RouteWriter(options.seed).write(rules, options));

/**
 * Writes the routes of one generation after the other; what it has read of a rule it keeps. Once a call has thrown, the
 * next one needs a new writer, and so it does when the id of a backend that was in the last rules is another one.
 */
export class RouteWriter {
  /** Secret of the hash. */
  readonly #seed: number;
  readonly #prepared: PreparedRules;
  #hosts = new Int32Array(64 * HOST_WORDS);
  #hostCount = 0;
  /** By text, from whatever table: believed only when the host with that index has that text. */
  #hostAt = new Int32Array(0);
  /** Of each rule. */
  #hostOf = new Int32Array(0);
  #bounds = { wildcardHosts: 0, longestHost: 0, longestPath: 0, deepestPrefix: 0 };

  constructor(seed: number) {
    this.#seed = seed;
    this.#prepared = new PreparedRules(seed);
  }

  *write(rules: readonly Rule[], options: RouteWriting): Work<SharedArrayBuffer> {
    yield* this.#prepared.take(rules, (key) => options.backendId(key));
    this.#collectHosts(rules.length);
    return this.#finish(rules.length, options);
  }

  #finish(ruleCount: number, options: RouteWriting): SharedArrayBuffer {
    const { texts } = this.#prepared;
    const ruleSlots = slotCountFor(ruleCount);
    const hostSlots = slotCountFor(this.#hostCount);
    const rulesAt = ROUTE_HEADER_WORDS * 4;
    const hostsAt = rulesAt + ruleCount * RULE_WORDS * 4;
    const ruleSlotsAt = hostsAt + this.#hostCount * HOST_WORDS * 4;
    const hostSlotsAt = ruleSlotsAt + ruleSlots * SLOT_WORDS * 4;
    const textsAt = hostSlotsAt + hostSlots * SLOT_WORDS * 4;
    const byteLength = textsAt + texts.length;
    if (byteLength > LIMIT_BYTES) throw new RangeError(`route table of ${byteLength} bytes, at most ${LIMIT_BYTES}`);

    const table = options.allocate(byteLength);
    const words = new Int32Array(table);
    this.#fillRules(words, rulesAt >> 2, ruleCount);
    words.set(this.#hosts.subarray(0, this.#hostCount * HOST_WORDS), hostsAt >> 2);
    words.fill(0, ruleSlotsAt >> 2, textsAt >> 2);
    this.#fillRuleSlots(words, ruleSlotsAt >> 2, ruleSlots - 1, ruleCount);
    const anyHost = this.#fillHostSlots(words, hostSlotsAt >> 2, hostSlots - 1);
    texts.copyTo(new Uint8Array(table), textsAt);

    const { wildcardHosts, longestHost, longestPath, deepestPrefix } = this.#bounds;
    words[routeHeader.generation] = options.generation | 0;
    words[routeHeader.generationHigh] = Math.floor(options.generation / 2 ** 32);
    words[routeHeader.byteLength] = byteLength;
    words[routeHeader.seed] = this.#seed;
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
    words[routeHeader.wildcardHosts] = wildcardHosts;
    words[routeHeader.longestHost] = longestHost;
    words[routeHeader.longestPath] = longestPath;
    words[routeHeader.deepestPrefix] = deepestPrefix;
    words[routeHeader.layout] = ROUTE_LAYOUT;
    return table;
  }

  /** Hosts in the order in which the rules name them, each with what its rules say of it. */
  #collectHosts(ruleCount: number): void {
    const { words } = this.#prepared;
    let lastText = -1;
    let host = 0;
    this.#hostCount = 0;
    this.#bounds = { wildcardHosts: 0, longestHost: 0, longestPath: 0, deepestPrefix: 0 };
    if (this.#hostAt.length < this.#prepared.texts.length >> 2)
      this.#hostAt = new Int32Array(this.#prepared.texts.length >> 1);
    if (this.#hostOf.length < ruleCount) this.#hostOf = new Int32Array(Math.ceil(ruleCount * 1.1));
    for (let i = 0; i < ruleCount; i++) {
      const at = i * PREPARED_WORDS;
      const text = words[at + ruleWord.host];
      if (text !== lastText) {
        lastText = text;
        host = this.#knownHost(text);
        if (host < 0) host = this.#addHost(words, at);
      }
      this.#hostOf[i] = host;
      this.#noteRule(words, at, i, host * HOST_WORDS);
    }
  }

  /** −1: no rule has named it yet. */
  #knownHost(text: number): number {
    const index = this.#hostAt[text >> 2];
    return index < this.#hostCount && this.#hosts[index * HOST_WORDS + hostWord.text] === text ? index : -1;
  }

  #addHost(words: Int32Array, at: number): number {
    const index = this.#hostCount++;
    if (this.#hosts.length < this.#hostCount * HOST_WORDS) this.#growHosts();
    const hosts = this.#hosts;
    this.#hostAt[words[at + ruleWord.host] >> 2] = index;
    const record = index * HOST_WORDS;
    const kind = words[at + preparedWord.hostKind];
    const length = words[at + preparedWord.hostLength];
    hosts.fill(0, record, record + HOST_WORDS);
    hosts[record + hostWord.hash] = words[at + preparedWord.hostHash];
    hosts[record + hostWord.text] = words[at + ruleWord.host];
    hosts[record + hostWord.length] = length;
    hosts[record + hostWord.kind] = kind;
    if (kind === HOST_WILDCARD) this.#bounds.wildcardHosts++;
    this.#bounds.longestHost = Math.max(this.#bounds.longestHost, length);
    return index;
  }

  #growHosts(): void {
    const larger = new Int32Array(this.#hosts.length * 2);
    larger.set(this.#hosts);
    this.#hosts = larger;
  }

  /** Its place in the host's own record, or what the host must know of its slot. */
  #noteRule(words: Int32Array, at: number, index: number, host: number): void {
    const hosts = this.#hosts;
    const depth = words[at + preparedWord.depth];
    const kind = words[at + ruleWord.shape] & 3;
    if (depth < 0) {
      const word = host + (kind === DEFAULT ? hostWord.fallback : hostWord.root);
      if (hosts[word] === 0) hosts[word] = index + 1;
      return;
    }
    const length = words[at + ruleWord.shape] >> 2;
    if (length > this.#bounds.longestPath) this.#bounds.longestPath = length;
    if (kind === EXACT) hosts[host + hostWord.exactRules]++;
    else this.#noteDepth(host, depth);
  }

  #noteDepth(host: number, depth: number): void {
    this.#hosts[host + hostWord.depths] |= depthBit(depth);
    if (depth > this.#hosts[host + hostWord.deepest]) this.#hosts[host + hostWord.deepest] = depth;
    if (depth > this.#bounds.deepestPrefix) this.#bounds.deepestPrefix = depth;
  }

  #fillRules(table: Int32Array, rules: number, ruleCount: number): void {
    const { words } = this.#prepared;
    for (let i = 0; i < ruleCount; i++) {
      const from = i * PREPARED_WORDS;
      const to = rules + i * RULE_WORDS;
      for (let word = 0; word < RULE_WORDS; word++) table[to + word] = words[from + word];
      table[to + ruleWord.host] = this.#hostOf[i];
    }
  }

  #fillRuleSlots(table: Int32Array, slots: number, mask: number, ruleCount: number): void {
    const { words } = this.#prepared;
    for (let i = 0; i < ruleCount; i++) {
      const at = i * PREPARED_WORDS;
      if (words[at + preparedWord.depth] >= 0) fillSlot(table, slots, mask, words[at + preparedWord.slotHash], i);
    }
  }

  /** Returns the index of the rules without host, or −1. */
  #fillHostSlots(table: Int32Array, slots: number, mask: number): number {
    let anyHost = -1;
    for (let i = 0; i < this.#hostCount; i++) {
      if (this.#hosts[i * HOST_WORDS + hostWord.kind] === HOST_ANY) anyHost = i;
      else fillSlot(table, slots, mask, this.#hosts[i * HOST_WORDS + hostWord.hash], i);
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

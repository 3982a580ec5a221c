import type { Work } from '../base/slices.ts';
import { precedes, type Rule } from '../model/snapshot.ts';
import {
  DEFAULT,
  EXACT,
  HOST_ANY,
  HOST_EXACT,
  HOST_WILDCARD,
  PREFIX,
  RULE_WORDS,
  ruleHash,
  ruleWord,
} from './route-layout.ts';
import { TextArea } from './text-area.ts';
import { hashMultiplier, hashStart, hashStep } from './text-hash.ts';

const SLASH = 0x2f;
/** Rules that are prepared between two rests. */
const AT_ONCE = 64;

/** Behind the words of the rule record, of which `host` is the reference of the host's text. */
export const preparedWord = {
  hostHash: RULE_WORDS,
  hostLength: RULE_WORDS + 1,
  hostKind: RULE_WORDS + 2,
  /** Elements of the path; −1 where the rule stands in the record of its host and has no slot. */
  depth: RULE_WORDS + 3,
  slotHash: RULE_WORDS + 4,
} as const;
export const PREPARED_WORDS = RULE_WORDS + 5;

/** What a rule says of its host: the same for all rules of one host. */
interface Host {
  readonly text: number;
  readonly hash: number;
  readonly length: number;
  readonly kind: number;
}

/**
 * Rules as words, with their texts and hashes. What is prepared stays so from one generation to the next: reading texts is
 * what a table costs, and one change leaves almost all of them as they are.
 */
export class PreparedRules {
  /** `PREPARED_WORDS` for each rule, in their order; as long as it happens to be. */
  words = new Int32Array(0);
  texts = new TextArea(0);
  #rules: readonly Rule[] = [];
  #spare = new Int32Array(0);
  /** As it was when nothing in it was of former rules. */
  #fresh = { rules: 0, textBytes: 0 };
  #hostName: string | undefined;
  #host: Host = { text: 0, hash: 0, length: 0, kind: 0 };
  readonly #start: number;
  readonly #multiplier: number;

  constructor(seed: number) {
    this.#start = hashStart(seed);
    this.#multiplier = hashMultiplier(seed);
  }

  /** The id of a backend must stay as it is while rules name it. When this throws, nothing in it is to be used again. */
  *take(rules: readonly Rule[], backendId: (key: string) => number): Work<void> {
    const startsOver = this.#isWasteful(rules.length);
    if (startsOver) this.#forget(rules.length);
    const before = this.#rules;
    const old = this.words;
    const words = this.#room(rules.length);
    let known = 0;
    for (let i = 0; i < rules.length; ) {
      while (known < before.length && before[known] !== rules[i] && precedes(before[known], rules[i])) known++;
      const same = commonRun(before, known, rules, i);
      if (same > 0) {
        words.set(old.subarray(known * PREPARED_WORDS, (known + same) * PREPARED_WORDS), i * PREPARED_WORDS);
        known += same;
        i += same;
        continue;
      }
      this.#prepare(rules[i], words, i * PREPARED_WORDS, backendId(rules[i].backend));
      if (++i % AT_ONCE === 0) yield;
    }
    this.#spare = old;
    this.words = words;
    this.#rules = rules;
    if (startsOver) this.#fresh = { rules: rules.length, textBytes: this.texts.length };
  }

  /** Texts of rules that are gone stay in the area, and in every table, until it is made anew. */
  #isWasteful(ruleCount: number): boolean {
    const { rules, textBytes } = this.#fresh;
    return rules === 0 || this.texts.length > 2 * textBytes + 65_536 || ruleCount * 2 + 256 < rules;
  }

  #forget(ruleCount: number): void {
    this.texts = new TextArea(ruleCount * 128);
    this.#rules = [];
    this.#hostName = undefined;
  }

  #room(ruleCount: number): Int32Array<ArrayBuffer> {
    const needed = ruleCount * PREPARED_WORDS;
    const fits = this.#spare.length >= needed && this.#spare.length <= 4 * needed + 4096;
    return fits ? this.#spare : new Int32Array(Math.ceil(needed * 1.1));
  }

  #prepare(rule: Rule, words: Int32Array, at: number, backend: number): void {
    const { texts } = this;
    const host = this.#hostOf(rule.host);
    const path = texts.intern(rule.path);
    const length = texts.sizeOf(path);
    const kind = rule.pathKind === 'exact' ? EXACT : rule.pathKind === 'prefix' ? PREFIX : DEFAULT;
    words[at + ruleWord.host] = host.text;
    words[at + ruleWord.path] = path;
    words[at + ruleWord.shape] = length * 4 + kind;
    words[at + ruleWord.backend] = backend;
    words[at + ruleWord.backendKey] = texts.intern(rule.backend);
    words[at + ruleWord.ownerKind] = texts.intern(rule.owner.kind);
    words[at + ruleWord.ownerNamespace] = texts.intern(rule.owner.namespace);
    words[at + ruleWord.ownerName] = texts.intern(rule.owner.name);
    words[at + ruleWord.field] = texts.intern(rule.field);
    words[at + preparedWord.hostHash] = host.hash;
    words[at + preparedWord.hostLength] = host.length;
    words[at + preparedWord.hostKind] = host.kind;
    words[at + preparedWord.depth] = -1;
    if (kind === EXACT || (kind === PREFIX && length > 0)) this.#preparePath(words, at, kind, host.hash);
  }

  #preparePath(words: Int32Array, at: number, kind: number, hostHash: number): void {
    const { bytes } = this.texts;
    const multiplier = this.#multiplier;
    const start = words[at + ruleWord.path] + 4;
    const end = start + (words[at + ruleWord.shape] >> 2);
    let hash = this.#start;
    let depth = 0;
    for (let i = start; i < end; i++) {
      const byte = bytes[i];
      if (byte === SLASH) depth++;
      hash = hashStep(hash, byte, multiplier);
    }
    words[at + preparedWord.depth] = depth;
    words[at + preparedWord.slotHash] = ruleHash(hash, hostHash, kind);
  }

  #hostOf(name: string): Host {
    if (name === this.#hostName) return this.#host;
    this.#hostName = name;
    this.#host = this.#readHost(name);
    return this.#host;
  }

  #readHost(name: string): Host {
    const kind = name === '' ? HOST_ANY : name.startsWith('*.') ? HOST_WILDCARD : HOST_EXACT;
    const text = this.texts.intern(name);
    const length = this.texts.sizeOf(text);
    const { bytes } = this.texts;
    let hash = this.#start ^ kind;
    for (let i = kind === HOST_WILDCARD ? 1 : 0; i < length; i++) {
      hash = hashStep(hash, bytes[text + 4 + i], this.#multiplier);
    }
    return { text, hash, length, kind };
  }
}

/** How many rules stand in both lists from these places on. */
function commonRun(a: readonly Rule[], fromA: number, b: readonly Rule[], fromB: number): number {
  const limit = Math.min(a.length - fromA, b.length - fromB);
  let length = 0;
  while (length < limit && a[fromA + length] === b[fromB + length]) length++;
  return length;
}

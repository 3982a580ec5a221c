import { slotCountFor } from '../../../table/text-hash.ts';
import { TOKEN_DIGITS } from './affinity-token.ts';
import { hashBytes, hashText } from './key-hash.ts';

/** Which of the tokens stands in some bytes, found without making a string of them. */
export class TokenTable {
  /** The tokens, one after the other. */
  readonly #tokens: Buffer;
  /** Index of a token + 1, at the place of its hash or the next free one. */
  readonly #places: Int32Array;

  constructor(tokens: readonly string[]) {
    this.#tokens = Buffer.from(tokens.join(''), 'latin1');
    this.#places = new Int32Array(slotCountFor(tokens.length));
    for (const [index, token] of tokens.entries()) {
      let place = hashText(token) & (this.#places.length - 1);
      while (this.#places[place] !== 0) place = (place + 1) & (this.#places.length - 1);
      this.#places[place] = index + 1;
    }
  }

  /** Index of the token that bytes[start, end) is, exactly; −1: it is none. */
  find(bytes: Uint8Array, start: number, end: number): number {
    if (end - start !== TOKEN_DIGITS) return -1;
    const mask = this.#places.length - 1;
    let place = hashBytes(bytes, start, end) & mask;
    for (; this.#places[place] !== 0; place = (place + 1) & mask) {
      const index = this.#places[place]! - 1;
      if (this.#isToken(index, bytes, start)) return index;
    }
    return -1;
  }

  #isToken(index: number, bytes: Uint8Array, start: number): boolean {
    const token = index * TOKEN_DIGITS;
    for (let i = 0; i < TOKEN_DIGITS; i++) if (bytes[start + i] !== this.#tokens[token + i]) return false;
    return true;
  }
}

import { Setback } from './setback.ts';

const LARGEST_ITEM_BYTES = 16 << 20;
const LARGEST_REST_BYTES = 1 << 20;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/**
 * Cuts the objects out of a list's JSON while its bytes arrive, so that neither the text of a page nor the work of parsing
 * it is ever there in one piece.
 *
 *   {"kind":"IngressList","metadata":{"resourceVersion":"9","continue":"…"},"items":[{…},{…}]}
 *    └──────────────────────── rest, parsed at the end ───────────────────────────┘└─┘ └─┘└┘
 *
 * Only strings and brackets are told apart; whether it is JSON is for the parser of each piece to say.
 */
export class ItemCutter {
  #depth = 0;
  #inString = false;
  #escaped = false;
  #inItems = false;
  /** The last string directly inside the list, to know its key `items`. */
  #key = '';
  #collectsKey = false;
  #piece: Buffer[] = [];
  #pieceBytes = 0;
  readonly #rest: Buffer[] = [];
  #restBytes = 0;

  /** The objects that end in this chunk. @throws Setback when this cannot be a list. */
  *push(chunk: Buffer): Generator<Buffer> {
    let start = 0;
    let isInItem = this.#inItems && this.#depth > 2;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (this.#inString) {
        this.#stepString(byte);
        continue;
      }
      switch (byte) {
        case QUOTE:
          this.#inString = true;
          this.#collectsKey = this.#depth === 1;
          if (this.#collectsKey) this.#key = '';
          break;
        case OPEN_BRACE:
        case OPEN_BRACKET:
          this.#depth++;
          if (this.#inItems && this.#depth === 3) {
            this.#keepRest(chunk.subarray(start, at));
            start = at;
            isInItem = true;
          } else if (this.#depth === 2 && byte === OPEN_BRACKET && this.#key === 'items') this.#inItems = true;
          break;
        case CLOSE_BRACE:
        case CLOSE_BRACKET:
          this.#depth--;
          if (isInItem && this.#depth === 2) {
            yield this.#complete(chunk.subarray(start, at + 1));
            start = at + 1;
            isInItem = false;
          } else if (this.#depth === 1) this.#inItems = false;
          break;
        case COMMA:
          // Between items: the rest must stay JSON, so the comma goes with the item.
          if (this.#inItems && !isInItem) {
            this.#keepRest(chunk.subarray(start, at));
            start = at + 1;
          }
          break;
      }
    }
    if (isInItem) this.#keepPiece(chunk.subarray(start));
    else this.#keepRest(chunk.subarray(start));
  }

  /** The list without its items. @throws Setback when the text was cut short or is no JSON. */
  end(): unknown {
    try {
      return JSON.parse(Buffer.concat(this.#rest, this.#restBytes).toString());
    } catch {
      throw new Setback('garbled', 'a list is no JSON, or not whole');
    }
  }

  #stepString(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) {
      this.#inString = false;
      this.#collectsKey = false;
      return;
    }
    if (this.#collectsKey && this.#key.length < 8) this.#key += String.fromCharCode(byte);
  }

  #complete(tail: Buffer): Buffer {
    if (this.#pieceBytes === 0) return tail;
    this.#keepPiece(tail);
    const item = Buffer.concat(this.#piece, this.#pieceBytes);
    this.#piece = [];
    this.#pieceBytes = 0;
    return item;
  }

  #keepPiece(part: Buffer): void {
    this.#piece.push(part);
    this.#pieceBytes += part.length;
    if (this.#pieceBytes > LARGEST_ITEM_BYTES) throw new Setback('garbled', 'an object of a list does not end');
  }

  #keepRest(part: Buffer): void {
    if (part.length === 0) return;
    this.#rest.push(part);
    this.#restBytes += part.length;
    if (this.#restBytes > LARGEST_REST_BYTES) throw new Setback('garbled', 'a list has more than its objects');
  }
}

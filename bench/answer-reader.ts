/** What a read meant: the answer goes on, it is there whole, or it is there whole and is no 200. */
export type ReadResult = 'unfinished' | 'answered' | 'refused';

/** Reads the answers of one connection that carries one request at a time. Each answer must say its `Content-Length`. */
export class AnswerReader {
  /** Of a head that has not ended yet. */
  #head = '';
  #bodyLeft = 0;
  #isOk = true;
  #inBody = false;

  /** Takes the first `count` bytes; the buffer may be used again afterwards. Throws when an answer has no length. */
  take(buffer: Buffer, count: number): ReadResult {
    if (this.#inBody) return this.#takeBody(count);
    const text = this.#head + buffer.toString('latin1', 0, count);
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) {
      this.#head = text;
      return 'unfinished';
    }
    this.#head = '';
    this.#inBody = true;
    this.#isOk = text.startsWith('HTTP/1.1 200 ');
    this.#bodyLeft = lengthIn(text.slice(0, end));
    return this.#takeBody(text.length - end - 4);
  }

  #takeBody(count: number): ReadResult {
    this.#bodyLeft -= count;
    if (this.#bodyLeft > 0) return 'unfinished';
    this.#inBody = false;
    return this.#isOk ? 'answered' : 'refused';
  }
}

function lengthIn(head: string): number {
  const found = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (found === null) throw new Error(`an answer without Content-Length: ${head}`);
  return Number(found[1]);
}

/** RFC 9112, 7.1: what we write around the pieces of a chunked body. */
export const chunkSizeLine = (sizeBytes: number): string => `${sizeBytes.toString(16)}\r\n`;
export const CHUNK_END: Buffer = Buffer.from('\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');
const LAST_CHUNK_LINE = Buffer.from('0\r\n');

/** The end of a chunked body; `trailers`: whole lines, often none. */
export function writeLastChunk(output: { all(bytes: Buffer): void }, trailers: Buffer): void {
  if (trailers.length === 0) return output.all(LAST_CHUNK);
  output.all(LAST_CHUNK_LINE);
  output.all(trailers);
  output.all(CHUNK_END);
}

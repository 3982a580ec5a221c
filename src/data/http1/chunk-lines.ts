/** RFC 9112, 7.1: what we write around the pieces of a chunked body. */
export const chunkSizeLine = (sizeBytes: number): string => `${sizeBytes.toString(16)}\r\n`;
export const CHUNK_END: Buffer = Buffer.from('\r\n');
export const LAST_CHUNK: Buffer = Buffer.from('0\r\n\r\n');

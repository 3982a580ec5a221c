/** CRC-32C (Castagnoli), reflected: RFC 9260, appendix A. */
const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1;
  return rest;
});

/** Of bytes[start, end), with the four bytes at `blank` taken for zeros. */
export function crc32c(bytes: Uint8Array, start: number, end: number, blank: number): number {
  let rest = 0xffffffff;
  for (let i = start; i < end; i++) {
    const byte = i >= blank && i < blank + 4 ? 0 : bytes[i]!;
    rest = (rest >>> 8) ^ TABLE[(rest ^ byte) & 0xff]!;
  }
  return (rest ^ 0xffffffff) >>> 0;
}

import { crc32c } from '../../../../../src/data/listen/proxy-protocol/crc32c.ts';

/** The bytes of PROXY headers, valid or not, put together piece by piece. */

export const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

export const line = (text: string): Buffer => Buffer.from(`${text}\r\n`, 'latin1');

export interface Version2 {
  /** Version and command; 0x21 unless said. */
  readonly command?: number;
  /** Family and transport; 0x11 unless said. */
  readonly kind?: number;
  readonly block?: Buffer;
  /** What the length field says, where it is not the truth. */
  readonly length?: number;
}

export function version2({ command = 0x21, kind = 0x11, block = ipv4(), length = block.length }: Version2): Buffer {
  return Buffer.concat([SIGNATURE, Buffer.of(command, kind, length >> 8, length & 0xff), block]);
}

const ports = (port: number, localPort: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16BE(port, 0);
  bytes.writeUInt16BE(localPort, 2);
  return bytes;
};

/** 192.0.2.1:56324 → 198.51.100.2:443 */
export const ipv4 = (): Buffer => Buffer.concat([Buffer.of(192, 0, 2, 1, 198, 51, 100, 2), ports(56_324, 443)]);

/** Two addresses of 32 hexadecimal digits each, ports as above. */
export const ipv6 = (address: string, localAddress: string): Buffer =>
  Buffer.concat([Buffer.from(address + localAddress, 'hex'), ports(56_324, 443)]);

export const tlv = (type: number, value: Buffer): Buffer =>
  Buffer.concat([Buffer.of(type, value.length >> 8, value.length & 0xff), value]);

/** The header with a checksum behind its block and `more` behind that; `wrong` bits of the sum are turned. */
export function summed({ block = ipv4(), ...parts }: Version2, more: Buffer = Buffer.alloc(0), wrong = 0): Buffer {
  const header = version2({ ...parts, block: Buffer.concat([block, tlv(0x03, Buffer.alloc(4)), more]) });
  const at = header.length - more.length - 4;
  header.writeUInt32BE((crc32c(header, 0, header.length, at) ^ wrong) >>> 0, at);
  return header;
}

import { INCOMPLETE, REFUSED } from '../../http1/reading.ts';
import { readVersion1 } from './version-1.ts';
import { readVersion2 } from './version-2.ts';

/** What a PROXY header says. */
export class ProxyHeader {
  /** False: the connection's own ends are the client's (LOCAL, UNKNOWN, UNSPEC, UNIX), and the fields below say nothing. */
  proxied = false;
  /** IP addresses as text, canonical, never IPv4-mapped. */
  address = '';
  port = 0;
  /** Where the client meant to connect. */
  localAddress = '';
  localPort = 0;
}

/**
 * Reads bytes[start, end), the beginning of a connection: returns the position after the header, INCOMPLETE (ask again
 * from the same start when there is more) or REFUSED. Which version it is, the first byte tells. Decided as in haproxy's
 * doc/proxy-protocol.txt (2020/03/05); where that leaves a choice:
 *
 * | Header                                   | Here                                                                   |
 * |------------------------------------------|------------------------------------------------------------------------|
 * | v1 `UNKNOWN`, with or without a rest     | the rest is not looked at; 107 bytes at most, no bare CR or LF          |
 * | v1 TCP6 addresses                        | as `inet_ntop` writes them too (`::ffff:192.0.2.1`); no zone            |
 * | v2 LOCAL                                 | the whole block is skipped unread, whatever its family byte             |
 * | v2 PROXY, family or transport UNSPEC     | valid; the block is skipped unread, for where it ends is not known      |
 * | v2 UNIX                                  | valid, nothing of it is used; its TLVs are judged                       |
 * | v2 DGRAM                                 | as STREAM                                                              |
 * | v2 longer than 4,096 bytes in all        | refused (nginx has the same limit)                                     |
 * | v2 TLV that runs over the end            | refused                                                                |
 * | v2 checksum wrong or not four bytes      | refused                                                                |
 */
export function readProxyHeader(header: ProxyHeader, bytes: Uint8Array, start: number, end: number): number {
  if (start >= end) return INCOMPLETE;
  header.proxied = false;
  if (bytes[start] === 0x50) return readVersion1(header, bytes, start, end);
  if (bytes[start] === 0x0d) return readVersion2(header, bytes, start, end);
  return REFUSED;
}

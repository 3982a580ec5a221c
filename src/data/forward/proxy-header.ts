import { isIPv4 } from 'node:net';

/** Both ends of a client's connection: IP addresses as text, without zones. */
export interface ClientEnds {
  readonly address: string;
  readonly port: number;
  /** Where the client meant to connect. */
  readonly localAddress: string;
  readonly localPort: number;
}

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** Version 2, PROXY; then TCP over IPv4 or IPv6. */
const PROXY = 0x21;
const TCP4 = 0x11;
const TCP6 = 0x21;

/**
 * The header of the PROXY protocol (haproxy's doc/proxy-protocol.txt, 2020/03/05) that a connection to an endpoint
 * begins with. Where one end is IPv4 and the other IPv6, the first is written IPv4-mapped, as haproxy does.
 */
export function proxyHeader(version: 'v1' | 'v2', ends: ClientEnds): Buffer {
  const isV4 = isIPv4(ends.address) && isIPv4(ends.localAddress);
  return version === 'v1' ? version1(ends, isV4) : version2(ends, isV4);
}

function version1({ address, port, localAddress, localPort }: ClientEnds, isV4: boolean): Buffer {
  const [family, from, to] = isV4 ? ['TCP4', address, localAddress] : ['TCP6', asIpv6(address), asIpv6(localAddress)];
  return Buffer.from(`PROXY ${family} ${from} ${to} ${port} ${localPort}\r\n`, 'latin1');
}

function version2({ address, port, localAddress, localPort }: ClientEnds, isV4: boolean): Buffer {
  const bytesOf = isV4 ? ipv4Bytes : (text: string) => ipv6Bytes(asIpv6(text));
  const addresses = [...bytesOf(address), ...bytesOf(localAddress), ...portBytes(port), ...portBytes(localPort)];
  const head = [PROXY, isV4 ? TCP4 : TCP6, ...portBytes(addresses.length)];
  return Buffer.from([...SIGNATURE, ...head, ...addresses]);
}

const asIpv6 = (address: string): string => (isIPv4(address) ? `::ffff:${address}` : address);

const portBytes = (port: number): number[] => [port >> 8, port & 255];

const ipv4Bytes = (text: string): number[] => text.split('.').map(Number);

/** `2001:db8::1`, `::ffff:192.0.2.1` → sixteen bytes. */
function ipv6Bytes(text: string): number[] {
  const [before, after] = text.split('::');
  const front = groupBytes(before as string);
  const back = after === undefined ? [] : groupBytes(after);
  return [...front, ...Array<number>(16 - front.length - back.length).fill(0), ...back];
}

const groupBytes = (text: string): number[] =>
  text === ''
    ? []
    : text.split(':').flatMap((group) => (isIPv4(group) ? ipv4Bytes(group) : portBytes(parseInt(group, 16))));

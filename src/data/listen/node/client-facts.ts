import type { ClientFacts } from '../../seam.ts';

/** `::ffff:192.0.2.1` is an IPv4 client on a socket that takes both (RFC 4291, 2.5.5.2). */
const plainAddress = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);

/** What endpoints are told about the client, made once per connection. */
export function clientFacts(remoteAddress: string, localPort: number): ClientFacts {
  const address = plainAddress(remoteAddress);
  const lines =
    `X-Forwarded-For: ${address}\r\nX-Forwarded-Proto: http\r\n` +
    `X-Forwarded-Port: ${localPort}\r\nX-Real-IP: ${address}\r\n`;
  return { address, forwardedLines: Buffer.from(lines, 'latin1') };
}

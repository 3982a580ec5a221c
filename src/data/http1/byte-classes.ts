/** One byte per byte value: not zero where the byte is in the class. The scan is `while (i < end && TOKEN[bytes[i]!]) i++`. */
export type ByteClass = Uint8Array;

export const HT = 9;
export const LF = 10;
export const CR = 13;
export const SP = 32;
export const COMMA = 44;
export const DOT = 46;
export const SLASH = 47;
export const COLON = 58;
export const SEMICOLON = 59;

const ALPHA = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DIGIT = '0123456789';
const unreserved = `${ALPHA}${DIGIT}-._~`;
const pchar = `${unreserved}!$&'()*+,;=:@`;

/** What RFC 3986 keeps out of a path, but clients send as it is: accepted, and percent-encoded on the way. */
const looseInPath = '[]^`{|}';

function classOf(members: string): ByteClass {
  const table = new Uint8Array(256);
  for (const member of members) table[member.charCodeAt(0)] = 1;
  return table;
}

function classWhere(accepts: (byte: number) => boolean): ByteClass {
  return Uint8Array.from({ length: 256 }, (_, byte) => (accepts(byte) ? 1 : 0));
}

/** RFC 9110, 5.6.2: tchar. */
export const TOKEN = classOf(`${ALPHA}${DIGIT}!#$%&'*+-.^_\`|~`);

/** RFC 9110, 5.5: HT, SP, VCHAR and obs-text. */
export const VALUE = classWhere((byte) => byte === HT || (byte >= SP && byte !== 0x7f));

/** RFC 3986, 2.3. */
export const UNRESERVED = classOf(unreserved);

/** Path bytes that mean nothing to the canonical form: pchar without `%` (the slash is no pchar). */
export const PATH_PLAIN = classOf(pchar);

/** Path bytes that are sent on percent-encoded. */
export const PATH_ENCODED = classOf(looseInPath);

/**
 * RFC 3986, 3.4, and what browsers leave as it is in a query (WHATWG URL, query percent-encode set): all that is
 * visible but `"`, `<`, `>` and `#`, which they always encode and which break out of quoted log lines and of HTML.
 */
export const QUERY = classOf(`${pchar}/?%\\${looseInPath}`);

/** Host names: letters, digits and `-._`, which is what routes, certificates and DNS have. */
export const HOST_NAME = classOf(`${ALPHA}${DIGIT}-._`);

/** Bytes between the brackets of an IPv6 address. */
export const IPV6 = classOf(`${DIGIT}abcdefABCDEF:.`);

/** `HEX` of a byte that is no hex digit: more than any sum of two digits. */
export const NO_HEX = 256;

/** The value of a hex digit in either case, else NO_HEX. */
export const HEX = Uint16Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? NO_HEX : value;
});

/** ASCII letters in lower case, every other byte as it is. */
export const LOWER = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte));

/** As LOWER, and `_` as `-`: CGI and WSGI make one variable of both. */
export const LOWER_HYPHEN = Uint8Array.from(LOWER, (byte) => (byte === 0x5f ? 0x2d : byte));

import { LOWER, LOWER_HYPHEN } from './byte-classes.ts';

/** What a reader does with a header line. */
export const PLAIN = 0;
export const HOST = 1;
export const CONTENT_LENGTH = 2;
export const TRANSFER_ENCODING = 3;
export const CONNECTION = 4;
export const KEEP_ALIVE = 5;
export const UPGRADE = 6;
export const TE = 7;
export const EXPECT = 8;
/** Belongs to one connection and says nothing to us. */
export const HOP_BY_HOP = 9;
/** What only we, and proxies that we trust, say to an upstream; and `Proxy`, which CGI programs take for their HTTP_PROXY (CVE-2016-5385). */
export const OURS = 10;
export const TRAILER = 11;
export const VIA = 12;
export const DATE = 13;

export type HeaderKind = number;

const kinds: readonly (readonly [string, HeaderKind])[] = [
  ['host', HOST],
  ['content-length', CONTENT_LENGTH],
  ['transfer-encoding', TRANSFER_ENCODING],
  ['connection', CONNECTION],
  ['keep-alive', KEEP_ALIVE],
  ['upgrade', UPGRADE],
  ['te', TE],
  ['expect', EXPECT],
  ['proxy-connection', HOP_BY_HOP],
  ['trailer', TRAILER],
  ['via', VIA],
  ['date', DATE],
  ['x-real-ip', OURS],
  ['forwarded', OURS],
  ['proxy', OURS],
];

/** `X-Forwarded-For`, `-Proto`, `-Host`, `-Port` and whatever else begins so. */
const forwardedPrefix = 'x-forwarded-';

const LONGEST = 31;
const names: Uint8Array[] = [Buffer.from('')];
const kindOfName: HeaderKind[] = [PLAIN];
/**
 * Place in `names`, by the low five bits of the first byte (both letter cases agree in them) and the length. No two
 * of these names share a place (a test looks up each).
 */
const places = new Uint8Array(32 * 32);

const place = (firstByte: number, length: number) => ((firstByte & 31) << 5) | Math.min(length, LONGEST);

function know(name: string, kind: HeaderKind, from: number, to: number): void {
  names.push(Buffer.from(name));
  kindOfName.push(kind);
  for (let length = from; length <= to; length++) {
    places[place(name.charCodeAt(0), length)] = names.length - 1;
  }
}

for (const [name, kind] of kinds) know(name, kind, name.length, name.length);
know(forwardedPrefix, OURS, forwardedPrefix.length + 1, LONGEST);

/**
 * The kind of the name in bytes[start, end), which are token bytes. First byte and length decide in one look-up
 * whether anything is compared. In names that are ours `_` counts as `-`: `X_Forwarded_For` reaches a CGI or WSGI
 * program under the same variable. Other names with an underscore are plain ones and are sent on.
 */
export function kindOf(bytes: Uint8Array, start: number, end: number): HeaderKind {
  const found = places[place(bytes[start]!, end - start)]!;
  if (found === 0) return PLAIN;
  const name = names[found]!;
  const kind = kindOfName[found]!;
  const fold = kind === OURS ? LOWER_HYPHEN : LOWER;
  for (let k = 0; k < name.length; k++) if (fold[bytes[start + k]!] !== name[k]) return PLAIN;
  return kind;
}

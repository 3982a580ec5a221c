import { readConnection } from './connection-options.ts';
import { readContentLength, readTransferEncoding } from './framing.ts';
import { CONNECTION, CONTENT_LENGTH, type HeaderKind, TRAILER, TRANSFER_ENCODING, UPGRADE } from './header-names.ts';
import { trimmedEnd } from './list-values.ts';
import { type MessageHead, noteLine } from './message-head.ts';
import { skipSpace, skipValue } from './reading.ts';

/** Values that mean the same in requests and answers, and those that mean nothing here. See `HeaderRules.readValue`. */
export function readSharedValue(
  head: MessageHead,
  kind: HeaderKind,
  bytes: Uint8Array,
  from: number,
  end: number,
): number {
  switch (kind) {
    case CONTENT_LENGTH:
      return readContentLength(head, bytes, from, end);
    case TRANSFER_ENCODING:
      return readTransferEncoding(head, bytes, from, end);
    case CONNECTION:
      return readConnection(head, bytes, from, end);
    case UPGRADE:
      return readUpgrade(head, bytes, from, end);
    case TRAILER:
      return noteLine(head.trailerLines, bytes, from, end);
    default:
      return skipValue(bytes, from, end);
  }
}

/** Notes where the value stands, without the space around it. */
function readUpgrade(head: MessageHead, bytes: Uint8Array, from: number, end: number): number {
  const i = skipValue(bytes, from, end);
  head.upgradeStart = skipSpace(bytes, from, i);
  head.upgradeEnd = trimmedEnd(bytes, head.upgradeStart, i);
  return i;
}

import type { ApiStream } from '../../cluster/api.ts';
import { believable } from '../../cluster/retry-after.ts';

/**
 * expired: our version means nothing to the server any more; list again.
 * garbled: it said something that cannot be read or cannot be true; list again.
 * slow: a page did not come in time; ask for shorter ones.
 * absent, forbidden, failed: try the same once more, later.
 */
export type SetbackKind = 'expired' | 'garbled' | 'slow' | 'absent' | 'forbidden' | 'failed';

/** Why a list or a watch came to nothing. */
export class Setback extends Error {
  override readonly name = 'Setback';
  readonly kind: SetbackKind;
  readonly retryAfterMs: number | undefined;

  constructor(kind: SetbackKind, message: string, retryAfterMs?: number) {
    super(message);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A `Status` of the API (meta/v1), as far as it is looked at. */
interface Status {
  readonly code?: unknown;
  readonly reason?: unknown;
  readonly message?: unknown;
  readonly details?: { readonly retryAfterSeconds?: unknown; readonly causes?: unknown } | null;
}

/** From an answer that is not 200; reads its body. */
export async function refusedAnswer({ status, retryAfterMs, chunks }: ApiStream): Promise<Setback> {
  const body = await readStatus(chunks);
  return setbackOf(status, body, retryAfterMs);
}

/** From the object of an ERROR event. */
export function errorEvent(object: unknown): Setback {
  const status = (typeof object === 'object' && object !== null ? object : {}) as Status;
  const seconds = status.details?.retryAfterSeconds;
  const code = typeof status.code === 'number' ? status.code : 500;
  // What ends a watch with 403 or 404 is told by the next request in so many words.
  const kind = isVersionLost(code, status) ? 'expired' : 'failed';
  return new Setback(kind, textOf(code, status), typeof seconds === 'number' ? believable(seconds * 1000) : undefined);
}

function setbackOf(code: number, status: Status, retryAfterMs: number | undefined): Setback {
  const text = textOf(code, status);
  if (isVersionLost(code, status)) return new Setback('expired', text, retryAfterMs);
  if (code === 404) return new Setback('absent', text, retryAfterMs);
  if (code === 403) return new Setback('forbidden', text, retryAfterMs);
  return new Setback('failed', text, retryAfterMs);
}

/**
 * Too old (410), from the future since the server went back in time (504 with the cause ResourceVersionTooLarge), or not
 * understood at all (400).
 */
const isVersionLost = (code: number, status: Status): boolean =>
  code === 410 || code === 400 || status.reason === 'Expired' || status.reason === 'Gone' || isTooLarge(status);

function isTooLarge({ details, message }: Status): boolean {
  const causes = Array.isArray(details?.causes) ? (details.causes as { readonly reason?: unknown }[]) : [];
  if (causes.some((cause) => cause?.reason === 'ResourceVersionTooLarge')) return true;
  return typeof message === 'string' && message.startsWith('Too large resource version');
}

function textOf(code: number, { message }: Status): string {
  const text = typeof message === 'string' ? message.slice(0, LONGEST_TEXT) : 'without a message';
  return `${code} ${text}`;
}

const LONGEST_TEXT = 300;
const LARGEST_STATUS_BYTES = 64 << 10;

async function readStatus(chunks: AsyncIterable<Buffer>): Promise<Status> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length > LARGEST_STATUS_BYTES) break;
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(parts).toString());
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

import { CallLimit } from '../../cluster/call-limit.ts';
import { collectionPath } from '../../cluster/resources.ts';
import { ItemCutter } from './cut-items.ts';
import { type HeldMap, hold, keyOfName, nameOf } from './held-objects.ts';
import type { ReflectorParts } from './reflector-parts.ts';
import { refusedAnswer, Setback } from './setback.ts';
import { TimeSlice } from './time-slice.ts';
import { belongs, isRawObject } from './watch-event.ts';

/** Pages in a row that bring nothing new: more will not either. */
const STALE_PAGES = 3;
/** A page that takes longer than this is not waited for; the next try asks for shorter ones. */
export const PAGE_TIMEOUT_MS = 60_000;

export interface WholeList<T> {
  readonly objects: HeldMap<T>;
  /** Watching goes on from here. */
  readonly version: string;
  /** What its pages say of each other does not fit: something is missing. */
  readonly flaw: string | undefined;
}

export interface ListRequest<T> {
  readonly parts: ReflectorParts<T>;
  /** What is held now: unchanged objects stay the same. */
  readonly before: HeldMap<T>;
  readonly pageLimit: number;
  /** The state at exactly this version, instead of the newest. */
  readonly exactVersion: string | undefined;
  readonly signal: AbortSignal;
  /** Bytes have come. */
  readonly heard: () => void;
}

interface Page {
  readonly version: string;
  readonly next: string | undefined;
  /** Objects behind this page; only said by some servers, and never with selectors. */
  readonly remaining: number | undefined;
  readonly count: number;
  /** Of them those that no page has had before. */
  readonly fresh: number;
}

/** All pages; nothing counts before the last is there. Rejects with Setback or ApiUnreachable. */
export async function readWholeList<T>(request: ListRequest<T>): Promise<WholeList<T>> {
  const objects: HeldMap<T> = new Map();
  let flaw: string | undefined;
  let page = await readPage(request, firstQuery(request), objects);
  let stale = 0;
  for (let last = page; last.next !== undefined; last = page) {
    page = await readPage(request, { limit: String(request.pageLimit), continue: last.next }, objects);
    stale = page.fresh === 0 ? stale + 1 : 0;
    if (page.next === last.next || stale === STALE_PAGES) throw new Setback('garbled', 'a list goes round in circles');
    flaw ??= compare(last, page);
  }
  if ((page.remaining ?? 0) > 0) flaw ??= 'the last page says that more follow';
  return { objects, version: page.version, flaw };
}

/** Where the collection stands now; of its objects as few are read as can be. */
export async function readVersion<T>(request: ListRequest<T>): Promise<string> {
  return (await readPage(request, firstQuery(request), new Map())).version;
}

/** All pages show the same moment, and each says how many objects come behind it. */
function compare(last: Page, page: Page): string | undefined {
  if (page.version !== last.version) return 'its pages are of different versions';
  if (last.remaining === undefined) return undefined;
  const found = page.count + (page.remaining ?? 0);
  return found === last.remaining ? undefined : `${last.remaining} objects were to follow, and ${found} did`;
}

function firstQuery<T>({ pageLimit, exactVersion }: ListRequest<T>): Record<string, string> {
  const limit = String(pageLimit);
  // Without a version the server answers with its newest, read by a majority of its stores.
  if (exactVersion === undefined) return { limit };
  return { limit, resourceVersion: exactVersion, resourceVersionMatch: 'Exact' };
}

async function readPage<T>(request: ListRequest<T>, query: Record<string, string>, into: HeldMap<T>): Promise<Page> {
  const { parts, signal } = request;
  const limit = new CallLimit(parts.clock, PAGE_TIMEOUT_MS, signal);
  try {
    const path = collectionPath(parts.resource, parts.namespace);
    const stream = await parts.api.stream({
      ...{ method: 'GET', path, query: { ...selectorsOf(parts), ...query } },
      ...{ signal: limit.signal, timeoutMs: PAGE_TIMEOUT_MS },
    });
    request.heard();
    if (stream.status !== 200) throw await refusedAnswer(stream);
    return await readPageBody(request, stream.chunks, into);
  } catch (error) {
    throw limit.reached === 'late' ? new Setback('slow', 'a page of the list takes too long') : error;
  } finally {
    limit.end();
  }
}

export const selectorsOf = <T>({ labelSelector, fieldSelector }: ReflectorParts<T>): Record<string, string> => ({
  ...(labelSelector === undefined ? {} : { labelSelector }),
  ...(fieldSelector === undefined ? {} : { fieldSelector }),
});

async function readPageBody<T>(
  request: ListRequest<T>,
  chunks: AsyncIterable<Buffer>,
  into: HeldMap<T>,
): Promise<Page> {
  const cutter = new ItemCutter();
  const slice = new TimeSlice(request.parts.clock);
  let count = 0;
  let fresh = 0;
  for await (const chunk of chunks) {
    request.heard();
    for (const item of cutter.push(chunk)) {
      if (takeItem(request, item, into)) fresh++;
      count++;
      if (slice.isOver) await slice.rest();
    }
  }
  return { count, fresh, ...readListMeta(cutter.end()) };
}

/** @returns false for one that was there before. */
function takeItem<T>({ parts, before }: ListRequest<T>, item: Buffer, into: HeldMap<T>): boolean {
  const raw = parseItem(item);
  if (!isRawObject(raw)) throw new Setback('garbled', 'an object of a list has no name, uid or version');
  if (!belongs(raw, parts)) throw new Setback('garbled', 'an object of a list is of another kind or namespace');
  const key = keyOfName(nameOf(raw));
  if (into.has(key)) return false;
  const held = hold(raw, before.get(key), parts);
  if (held !== undefined) into.set(key, held);
  return true;
}

function parseItem(item: Buffer): unknown {
  try {
    return JSON.parse(item.toString());
  } catch {
    throw new Setback('garbled', 'an object of a list is no JSON');
  }
}

function readListMeta(list: unknown): Omit<Page, 'count' | 'fresh'> {
  const { metadata, items } = (list ?? {}) as { metadata?: Record<string, unknown> | null; items?: unknown };
  // The objects were cut out of it; where there are none it may also be null.
  if (!Array.isArray(items) && items !== null) throw new Setback('garbled', 'a list without items');
  const meta = metadata ?? {};
  const { resourceVersion: version, continue: next, remainingItemCount: remaining } = meta;
  if (typeof version !== 'string' || version === '') throw new Setback('garbled', 'a list without a version');
  return {
    version,
    next: typeof next === 'string' && next !== '' ? next : undefined,
    remaining: typeof remaining === 'number' ? remaining : undefined,
  };
}

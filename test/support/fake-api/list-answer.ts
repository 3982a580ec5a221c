import type { ObjectHistory } from './object-history.ts';
import type { Stored } from './raw.ts';
import type { Judge } from './selectors.ts';

export interface ListQuestion {
  readonly kind: string;
  readonly apiVersion: string;
  readonly query: URLSearchParams;
  /** Namespace and selectors. */
  readonly fits: Judge;
  readonly hasSelectors: boolean;
  /** A lie about what there is. */
  readonly lie: ((truth: readonly Stored[]) => readonly Stored[]) | undefined;
  readonly skipsPage: boolean;
}

export type ListAnswer =
  | { readonly kind: 'list'; readonly body: object }
  | { readonly kind: 'expired' }
  | { readonly kind: 'too-large' };

interface Token {
  readonly revision: number;
  readonly start: number;
}

const write = (token: Token): string => Buffer.from(JSON.stringify(token)).toString('base64url');
const read = (text: string): Token => JSON.parse(Buffer.from(text, 'base64url').toString()) as Token;

/** One page, as the real server answers: objects without kind and version, all pages of one revision. */
export function answerList(history: ObjectHistory, question: ListQuestion): ListAnswer {
  const { query, kind, apiVersion, fits, lie } = question;
  const { revision, start } = whereFrom(history, query);
  if (revision < history.compactedAt) return { kind: 'expired' };
  if (revision > history.revision) return { kind: 'too-large' };
  const truth = history.ofKindAt(kind, revision).filter(fits);
  const objects = lie?.(truth) ?? truth;
  const limit = Number(query.get('limit') ?? 0) || objects.length;
  const end = start + limit;
  const next = end + (question.skipsPage ? limit : 0);
  const left = objects.length - end;
  const metadata = {
    resourceVersion: String(revision),
    ...(left > 0 && next < objects.length ? { continue: write({ revision, start: next }) } : {}),
    ...(left > 0 && !question.hasSelectors ? { remainingItemCount: left } : {}),
  };
  const items = objects.slice(start, end).map(withoutType);
  return { kind: 'list', body: { kind: `${kind}List`, apiVersion, metadata, items } };
}

function whereFrom(history: ObjectHistory, query: URLSearchParams): Token {
  const token = query.get('continue');
  if (token !== null && token !== '') return read(token);
  const isExact = query.get('resourceVersionMatch') === 'Exact';
  return { revision: isExact ? Number(query.get('resourceVersion')) : history.revision, start: 0 };
}

const withoutType = ({ kind: _kind, apiVersion: _version, ...rest }: Stored): object => rest;

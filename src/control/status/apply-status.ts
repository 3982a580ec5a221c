import type { Ingress, IngressStatus, PublishedAddress } from '../../model/objects.ts';
import type { ApiRequest } from '../cluster/api.ts';
import { collectionPath, objectPath, resources } from '../cluster/resources.ts';
import type { Send } from '../leader/write-lane.ts';
import { readStatus } from '../sources/admit/ingress-status.ts';
import { LEGACY_CLASS_ANNOTATION } from '../translate/ingress-standing.ts';
import { addressKey } from './published-address.ts';

export interface IngressName {
  readonly namespace: string;
  readonly name: string;
}

/** What a write is built on. */
export interface StatusTarget extends IngressName {
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
  readonly status: IngressStatus;
  /** The list with all its fields, where the object was read for this. */
  readonly entries?: readonly PublishedAddress[];
  /** Whose it said it was then: it may be news to the store. */
  readonly claim?: string;
}

export interface Judgement {
  readonly isOurs: boolean;
  /** undefined: leave it alone. */
  readonly wanted: readonly PublishedAddress[] | undefined;
}

export type StatusEnd =
  /** `version` is the one that the API server gave it. */
  | { readonly kind: 'written'; readonly base: string | undefined; readonly version: string | undefined }
  /** Nothing was to be done, or there is no such object any more. */
  | { readonly kind: 'right' }
  | { readonly kind: 'refused'; readonly status: number }
  /** The API server cannot say now, or somebody else is always faster. */
  | { readonly kind: 'undecided' };

const ATTEMPTS = 3;
const undecided: StatusEnd = { kind: 'undecided' };
const right: StatusEnd = { kind: 'right' };

/** One text for everything that an Ingress says of its class. */
export const claimOf = (className: string | undefined, annotations: Readonly<Record<string, string>> = {}): string =>
  `${className ?? ''} ${annotations[LEGACY_CLASS_ANNOTATION] ?? ''}`;

export const targetOf = ({ meta, status }: Ingress): StatusTarget => ({
  ...{ namespace: meta.namespace, name: meta.name, uid: meta.uid, resourceVersion: meta.resourceVersion },
  status: status ?? { addresses: [], writers: [] },
});

/**
 * Brings the status of one Ingress to what `judge` wants. The write carries uid and version of what was judged, so it
 * never lands on what somebody else wrote meanwhile: then the object is read, and judged again.
 */
export async function applyStatus(
  first: StatusTarget,
  fieldManager: string,
  send: Send,
  judge: (target: StatusTarget) => Judgement,
): Promise<StatusEnd> {
  let target = first;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { wanted, isOurs } = judge(target);
    if (wanted === undefined) return right;
    const answer = hasAllFields(target, wanted)
      ? await send(applyRequest(target, wanted, { fieldManager, force: String(isOurs) }))
      : 'read it first';
    if (answer === undefined) return undecided;
    if (answer !== 'read it first' && answer.status !== 409) return endOf(answer.status, target, answer.body);
    const fresh = await readTarget(target, send);
    if (fresh === undefined) return undecided;
    if (fresh === 'gone' || (target.uid !== undefined && fresh.uid !== target.uid)) return right;
    target = fresh;
  }
  return undecided;
}

function endOf(status: number, { resourceVersion: base }: StatusTarget, body: unknown): StatusEnd {
  if (status === 404) return right;
  if (status !== 200) return { kind: 'refused', status };
  return { kind: 'written', base, version: (body as RawIngress | undefined)?.metadata?.resourceVersion };
}

/** What others wrote has fields that we do not keep. */
function hasAllFields({ entries, status }: StatusTarget, wanted: readonly PublishedAddress[]): boolean {
  if (entries !== undefined) return true;
  const wants = new Set(wanted.map(addressKey));
  return !status.addresses.some((one) => wants.has(addressKey(one)));
}

/** To take a list over that another manager wrote takes force; to take our own entries out does not. */
function applyRequest(
  target: StatusTarget,
  wanted: readonly PublishedAddress[],
  query: { readonly fieldManager: string; readonly force: string },
): ApiRequest {
  const { namespace, name, uid, resourceVersion, entries = [] } = target;
  const whole = new Map(entries.map((one) => [addressKey(one), one]));
  const ingress = wanted.map((one) => whole.get(addressKey(one)) ?? one);
  const { apiVersion, kind } = resources.ingress;
  return {
    method: 'PATCH',
    path: `${objectPath(resources.ingress, namespace, name)}/status`,
    query,
    contentType: 'application/apply-patch+yaml',
    body: {
      ...{ apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } },
      // What we applied before and do not apply now is taken away.
      ...(ingress.length > 0 && { status: { loadBalancer: { ingress } } }),
    },
  };
}

interface RawIngress {
  readonly metadata: {
    readonly uid: string;
    readonly resourceVersion: string;
    readonly managedFields?: unknown;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: { readonly ingressClassName?: string };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly PublishedAddress[] } };
}

/** As a list of one, so that nobody needs the verb `get` for it. undefined: the API server cannot say now. */
export async function readTarget(name: IngressName, send: Send): Promise<StatusTarget | 'gone' | undefined> {
  const path = collectionPath(resources.ingress, name.namespace);
  const answer = await send({ method: 'GET', path, query: { fieldSelector: `metadata.name=${name.name}` } });
  if (answer === undefined) return undefined;
  const raw = (answer.body as { readonly items?: readonly RawIngress[] } | undefined)?.items?.[0];
  if (answer.status !== 200 || raw === undefined) return 'gone';
  const { uid, resourceVersion, managedFields, annotations } = raw.metadata;
  const entries = raw.status?.loadBalancer?.ingress ?? [];
  return {
    namespace: name.namespace,
    name: name.name,
    uid,
    resourceVersion,
    entries,
    claim: claimOf(raw.spec?.ingressClassName, annotations),
    status: readStatus(raw.status, managedFields),
  };
}

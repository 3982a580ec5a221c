import type { PublishedAddress } from '../../model/objects.ts';

/** One text for each address there can be. */
export const addressKey = ({ ip = '', hostname = '' }: PublishedAddress): string => `${ip} ${hostname}`;

const byKey = (a: PublishedAddress, b: PublishedAddress): number => (addressKey(a) < addressKey(b) ? -1 : 1);

/** The list stands in every Ingress: thousands of nodes in thousands of them help nobody and fill the API server. */
export const ADDRESS_LIMIT = 256;

/** Each once, in one order, whatever order they came in, and the first `ADDRESS_LIMIT` of them. */
export const settled = (addresses: readonly PublishedAddress[]): readonly PublishedAddress[] =>
  [...new Map(addresses.map((one) => [addressKey(one), one])).values()].sort(byKey).slice(0, ADDRESS_LIMIT);

export const sameAddresses = (a: readonly PublishedAddress[], b: readonly PublishedAddress[]): boolean => {
  const keys = new Set(a.map(addressKey));
  return keys.size === new Set(b.map(addressKey)).size && b.every((one) => keys.has(addressKey(one)));
};

export interface StatusFacts {
  readonly current: readonly PublishedAddress[];
  /** The Ingress is ours by its class. */
  readonly isOurs: boolean;
  /** managedFields say that we wrote the list. */
  readonly weWroteIt: boolean;
  /** What we publish now; undefined: not known yet. */
  readonly published: readonly PublishedAddress[] | undefined;
  /** Whether an address is, or was, one of those that we publish; undefined where nobody remembers. */
  readonly wasPublished: ((address: PublishedAddress) => boolean) | undefined;
}

/**
 * What `status.loadBalancer.ingress` is to be; undefined: leave it alone.
 *
 * The list is atomic: one manager owns it whole. So of an Ingress that is ours we write the whole list, with the entries
 * in it that we never published as they were; of one that is not ours we take our entries out, and only while the list
 * is still the one that we wrote.
 *
 * | the Ingress | the list was written by | becomes                          |
 * |-------------|-------------------------|----------------------------------|
 * | is ours     | anybody                 | others' entries and ours         |
 * | is not ours | us                      | others' entries                  |
 * | is not ours | another                 | what it is                       |
 */
export function wantedAddresses(facts: StatusFacts): readonly PublishedAddress[] | undefined {
  const { current, isOurs, weWroteIt, published } = facts;
  if (isOurs ? published === undefined : !weWroteIt) return undefined;
  const wanted = settled([...othersOf(facts), ...(isOurs ? (published as readonly PublishedAddress[]) : [])]);
  return sameAddresses(current, wanted) ? undefined : wanted;
}

/** Where nobody remembers what we published, all of a list that we wrote counts as ours, and of others' lists nothing. */
function othersOf({ current, isOurs, weWroteIt, wasPublished }: StatusFacts): readonly PublishedAddress[] {
  if (wasPublished !== undefined) return current.filter((one) => !wasPublished(one));
  return isOurs && weWroteIt ? [] : current;
}

import type { IngressStatus, PublishedAddress } from '../../../model/objects.ts';
import { FIELD_MANAGER } from '../../cluster/field-manager.ts';

type Raw = Readonly<Record<string, unknown>>;

const isRaw = (value: unknown): value is Raw => typeof value === 'object' && value !== null;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, step) => (isRaw(inner) ? inner[step] : undefined), value);

/** What the API server says, and whatever is wrong with it: nobody but controllers writes it, so nothing is refused. */
export function readStatus(status: unknown, managedFields: unknown): IngressStatus {
  return {
    addresses: listOf(at(status, 'loadBalancer', 'ingress')).flatMap(addressOf),
    ours: listOf(managedFields).some(isOurEntry),
  };
}

/** Ports and their errors are left out. */
function addressOf(raw: unknown): PublishedAddress[] {
  const ip = textAt(raw, 'ip');
  const hostname = textAt(raw, 'hostname');
  if (ip === undefined && hostname === undefined) return [];
  return [{ ...(ip !== undefined && { ip }), ...(hostname !== undefined && { hostname }) }];
}

function textAt(raw: unknown, name: string): string | undefined {
  const value = at(raw, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Of the fields that server-side apply has given to us, those of the addresses. */
const isOurEntry = (entry: unknown): boolean =>
  at(entry, 'manager') === FIELD_MANAGER &&
  at(entry, 'operation') === 'Apply' &&
  at(entry, 'subresource') === 'status' &&
  at(entry, 'fieldsV1', 'f:status', 'f:loadBalancer', 'f:ingress') !== undefined;

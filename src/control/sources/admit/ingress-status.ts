import type { IngressStatus, PublishedAddress } from '../../../model/objects.ts';
import { isKomainu } from '../../cluster/field-manager.ts';

type Raw = Readonly<Record<string, unknown>>;

const isRaw = (value: unknown): value is Raw => typeof value === 'object' && value !== null;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, step) => (isRaw(inner) ? inner[step] : undefined), value);

/** What the API server says, and whatever is wrong with it: nobody but controllers writes it, so nothing is refused. */
export function readStatus(status: unknown, managedFields: unknown): IngressStatus {
  return {
    addresses: listOf(at(status, 'loadBalancer', 'ingress')).flatMap(addressOf),
    writers: writersOf(managedFields),
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

const nobody: readonly string[] = [];

function writersOf(managedFields: unknown): readonly string[] {
  const writers = listOf(managedFields).flatMap(writerOf);
  return writers.length === 0 ? nobody : writers;
}

/** Of the fields that server-side apply has given to a Komainu, those of the addresses. */
function writerOf(entry: unknown): readonly string[] {
  const manager = at(entry, 'manager');
  const isApplied = at(entry, 'operation') === 'Apply' && at(entry, 'subresource') === 'status';
  const addresses = at(entry, 'fieldsV1', 'f:status', 'f:loadBalancer', 'f:ingress');
  return isKomainu(manager) && isApplied && addresses !== undefined ? [manager] : nobody;
}

/** Values that JSON has, and how large they are once every alias is written out. */

/** Nodes of one document with its aliases written out: ten times what 4 MiB of ordinary manifests hold. */
const NODE_LIMIT = 2_000_000;
const DEPTH_LIMIT = 200;

/**
 * What hinders `value` from being plain data, or undefined: a number that JSON does not have, a loop of aliases, or more
 * data than anybody writes by hand. Shared parts are counted each time and walked once, so that a bomb costs nothing.
 */
export function unplain(value: unknown): string | undefined {
  const sizes = new Map<object, number>();
  let problem: string | undefined;

  const sizeOf = (node: unknown, depth: number): number => {
    if (problem !== undefined) return 0;
    if (typeof node === 'number' && !Number.isFinite(node)) problem = `${node} is not a number that JSON has`;
    if (typeof node !== 'object' || node === null) return 1;
    if (depth > DEPTH_LIMIT) problem = `values are nested more than ${DEPTH_LIMIT} deep, or an alias contains itself`;
    const known = sizes.get(node);
    if (known !== undefined) return known;
    let size = 1;
    for (const child of Array.isArray(node) ? node : Object.values(node)) size += sizeOf(child, depth + 1);
    sizes.set(node, size);
    if (size > NODE_LIMIT) problem ??= `more than ${NODE_LIMIT} values with its aliases written out`;
    return size;
  };

  sizeOf(value, 0);
  return problem;
}

/** Keys of all mappings in a value that is a tree. */
export function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countKeys(item), 0);
  const children = Object.values(value);
  return children.reduce<number>((sum, item) => sum + countKeys(item), children.length);
}

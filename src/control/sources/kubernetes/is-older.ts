/**
 * Versions are compared for equality, but for one question: has the server gone back in time, or told something that was
 * overtaken long ago? They grow with each write, as decimal numbers of any length; what is none is never older.
 */
export function isOlder(version: string, than: string): boolean {
  if (!DECIMAL.test(version) || !DECIMAL.test(than)) return false;
  return version.length === than.length ? version < than : version.length < than.length;
}

const DECIMAL = /^(0|[1-9]\d*)$/;

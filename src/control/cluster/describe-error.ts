/** What went wrong on the way to the server. Node and undici name addresses and causes there, never headers. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A name with several addresses: one error for each, and none for all.
  const texts = error instanceof AggregateError ? error.errors.map(describeError) : [error.message];
  const text = [...new Set(texts)].filter((one) => one !== '').join('; ');
  if (text !== '') return text;
  return (error as NodeJS.ErrnoException).code ?? error.name;
}

/** Rows of words, each column as wide as its widest word, the last as it is. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((width, row) => Math.max(width, row[column].length), 0),
  );
  return rows.map((row) =>
    row.map((word, column) => (column === row.length - 1 ? word : word.padEnd(widths[column]))).join('  '),
  );
}

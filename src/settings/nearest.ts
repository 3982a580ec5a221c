/** Letters to change, add, leave out or swap with their neighbour to come from `a` to `b` (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= a.length; row++) {
    const [line, above] = [[row], rows[row - 1]];
    rows.push(line);
    for (let column = 1; column <= b.length; column++) {
      const change = above[column - 1] + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swap = swapped ? rows[row - 2][column - 2] + 1 : change;
      line.push(Math.min(change, swap, above[column] + 1, line[column - 1] + 1));
    }
  }
  return rows[a.length][b.length];
}

/** The known name that was probably meant: at most a third of its letters differ, letter case aside. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  if (name.length > 100) return undefined; // hostile length: nobody meant a name of ours
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const far = distance(name.toLowerCase(), candidate.toLowerCase());
    if (far < least && far <= candidate.length / 3) [best, least] = [candidate, far];
  }
  return best;
}

/** ` Did you mean x?`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>, prefix = ''): string {
  const meant = nearest(name, known);
  return meant === undefined ? '' : `; did you mean ${prefix}${meant}?`;
}

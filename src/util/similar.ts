/**
 * The candidate that is most similar to a misspelled word, with less than a third of the letters different. Undefined if there
 * is none or several are equally similar.
 */
export function similar(word: string, candidates: Iterable<string>): string | undefined {
  const lower = word.toLowerCase();
  const isNear = (candidate: string, edits: number) => edits * 3 < Math.max(word.length, candidate.length);
  const near = [...candidates]
    // Most candidates are too long or too short, which costs less to find out than the distance.
    .filter((candidate) => isNear(candidate, Math.abs(word.length - candidate.length)))
    .map((candidate) => ({ candidate, distance: distance(lower, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => isNear(candidate, distance))
    .toSorted((a, b) => a.distance - b.distance);
  const [first, second] = near;
  return first && first.distance !== second?.distance ? first.candidate : undefined;
}

/** The edit distance, in letters to insert, delete, replace or swap with a neighbour. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Infinity;
  for (let row = 1; row <= a.length; row++) {
    const costs = [row];
    rows.push(costs);
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      costs[column] = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (same ? 0 : 1),
        swapped ? at(row - 2, column - 2) + 1 : Infinity,
      );
    }
  }
  return at(a.length, b.length);
}

/** The share of words that both sets have: 0 if they have none in common, 1 if they are equal. */
export function sharedWords(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const both = [...a].filter((word) => b.has(word)).length;
  return both === 0 ? 0 : both / (a.size + b.size - both);
}

/** Edits (insert, delete, replace, swap of neighbours) that turn one text into the other. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? (beforeLast[j - 2] ?? 0) + 1 : Infinity;
      row.push(Math.min(replace, swap, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** Longest name worth comparing: definition fields and names are shorter, and the comparison is quadratic. */
const COMPARED_MAX_CHARACTERS = 64;

/** The candidate a person most likely meant, or undefined when none is near. */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  if (text.length > COMPARED_MAX_CHARACTERS) return undefined;
  const wanted = text.toLowerCase();
  const [best] = [...candidates]
    .map((candidate) => ({ candidate, edits: distance(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.max(1, Math.floor(Math.min(text.length, candidate.length) / 3)))
    .toSorted((a, b) => a.edits - b.edits);
  return best?.candidate;
}

/** `Did you mean "x"? ` or nothing. */
export function didYouMean(text: string, candidates: Iterable<string>): string {
  const found = nearest(text, candidates);
  return found === undefined ? '' : `Did you mean "${found}"? `;
}

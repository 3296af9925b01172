/** Two entries that belong together, or one that has none beside it; positions count from 0. */
export type Pair<L, R> = {
  readonly left?: L;
  readonly leftAt?: number;
  readonly right?: R;
  readonly rightAt?: number;
};

/** Most comparisons: past that lists are taken position by position. */
const CELLS_MAX = 250_000;

/**
 * Lays two lists side by side so that as many as possible fit, in order: one entry too many then is one difference and
 * does not shift all that follow. Between those that fit, what is left is paired by position.
 */
export function align<L, R>(
  lefts: readonly L[],
  rights: readonly R[],
  fits: (left: L, right: R) => boolean,
): readonly Pair<L, R>[] {
  const pairs: Pair<L, R>[] = [];
  let [l, r] = [0, 0];
  const pairUp = (untilLeft: number, untilRight: number) => {
    while (l < untilLeft || r < untilRight) {
      const hasLeft = l < untilLeft;
      const hasRight = r < untilRight;
      const [left, right] = [lefts[l], rights[r]];
      pairs.push({
        ...(hasLeft && left !== undefined && { left, leftAt: l }),
        ...(hasRight && right !== undefined && { right, rightAt: r }),
      });
      if (hasLeft) l += 1;
      if (hasRight) r += 1;
    }
  };
  for (const [left, right] of fitting(lefts, rights, fits)) {
    pairUp(left, right);
    pairUp(left + 1, right + 1);
  }
  pairUp(lefts.length, rights.length);
  return pairs;
}

/** Positions of the longest list of pairs that fit, in order. */
function fitting<L, R>(
  lefts: readonly L[],
  rights: readonly R[],
  fits: (left: L, right: R) => boolean,
): readonly (readonly [number, number])[] {
  if (lefts.length * rights.length > CELLS_MAX) return [];
  const longest = Array.from({ length: lefts.length + 1 }, () => new Uint32Array(rights.length + 1));
  const at = (l: number, r: number) => longest[l]?.[r] ?? 0;
  const same = lefts.map((left) => rights.map((right) => fits(left, right)));
  for (let l = lefts.length - 1; l >= 0; l -= 1) {
    const row = longest[l];
    for (let r = rights.length - 1; row && r >= 0; r -= 1) {
      row[r] = Math.max(at(l + 1, r), at(l, r + 1), same[l]?.[r] ? at(l + 1, r + 1) + 1 : 0);
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let l = 0, r = 0; l < lefts.length && r < rights.length;) {
    if (same[l]?.[r] && at(l, r) === at(l + 1, r + 1) + 1) pairs.push([l++, r++]);
    else if (at(l + 1, r) >= at(l, r + 1)) l += 1;
    else r += 1;
  }
  return pairs;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** A moment of a scenario as people write it, exact to the millisecond: `0s`, `40s`, `2h 5m`. Takes milliseconds. */
export function momentText(ms: number): string {
  if (ms < 0) return `-${momentText(-ms)}`;
  let rest = Math.round(ms);
  const parts: string[] = [];
  for (const [unit, unitMs] of UNITS) {
    const count = Math.floor(rest / unitMs);
    rest -= count * unitMs;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.length === 0 ? '0s' : parts.join(' ');
}

/** A moment as the Temporal UI shows it: UTC, to the second. */
export function timeText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

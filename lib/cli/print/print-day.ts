/** A day in UTC, such as `2026-11-29`. */
export function printDay(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10)
}

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

/** A length of time for people: `9 minutes`, `2 hours`, `3 days`; rounded to the largest unit that fits. */
export function printDuration(seconds: number): string {
  const length = Math.abs(seconds)
  for (const [name, size] of units) {
    if (length >= size) return counted(Math.round(length / size), name)
  }
  return counted(Math.round(length), 'second')
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

/** A time in seconds since 1970 for people; whatever no calendar has stays a number. */
export function printTime(seconds: number): string {
  const date = new Date(Math.round(seconds) * 1000)
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('.000Z', 'Z')
}

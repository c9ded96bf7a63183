/** Reads an option that may be given several times, one value each: a list would take the arguments behind it, too. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

/**
 * Takes out of an input what is not needed for it to fail, larger pieces first.
 *
 * @param fails whether an input still fails in the same way
 * @param attempts how often it may be asked
 */
export async function minimize(
  input: string,
  fails: (input: string) => Promise<boolean>,
  attempts = 400,
): Promise<string> {
  let smallest = input
  let left = attempts
  for (let size = Math.ceil(input.length / 2); size >= 1 && left > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < smallest.length && left > 0; left -= 1) {
      const shorter = smallest.slice(0, start) + smallest.slice(start + size)
      if (await fails(shorter)) smallest = shorter
      else start += size
    }
  }
  return smallest
}

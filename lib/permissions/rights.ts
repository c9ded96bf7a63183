/** How far an access reaches. The ladder is `Read` < `Write` < `Manage` < `FullControl`; a higher right includes the lower ones. */
export type Right = 'Read' | 'Write' | 'Manage' | 'FullControl'

/** The ladder, lowest right first. */
export const rightLadder = ['Read', 'Write', 'Manage', 'FullControl'] as const satisfies readonly Right[]

const steps: ReadonlyMap<unknown, number> = new Map(rightLadder.map((right, step) => [right, step]))

/** Whether a value is the name of a right, to the letter. */
export function isRight(value: unknown): value is Right {
  return steps.has(value)
}

/**
 * Whether one right includes another. What is not on the ladder includes nothing and is included in nothing.
 *
 * @see Add-in permissions in SharePoint: Reader, Contributor, Designer, Full Control
 */
export function coversRight(granted: Right, required: Right): boolean {
  const grantedStep = steps.get(granted)
  const requiredStep = steps.get(required)
  return grantedStep !== undefined && requiredStep !== undefined && grantedStep >= requiredStep
}

/** Spellings that some file system or URL parser reads as another place. */
const ambiguous = /\\|%2e|%2f|%5c|(?:^|\/)\.\.?(?:\/|$)/i

/** Whether a value can name a container: text that is not empty, without dot segments, `\`, `%2e`, `%2f` and `%5c`. */
export function isContainer(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !ambiguous.test(value)
}

/**
 * Whether a container is another one or lies below it: `/sites/a` covers `/sites/a/lists/b`, never `/sites/ab`.
 *
 * Name places by what holds them: a site as `/<site subscription>/<site collection>/<site>`. Addresses do not tell that:
 * SharePoint's root site collection at `/` does not hold the one at `/sites/a`.
 *
 * Compares to the letter; a slash at the end makes no difference. Does not normalize: what could be read as another place
 * is covered by nothing.
 *
 * @see protocol sections 7 and 8.1: a grant covers all descendants
 */
export function coversContainer(granted: string, required: string): boolean {
  if (!isContainer(granted) || !isContainer(required)) return false
  const above = granted.endsWith('/') ? granted : `${granted}/`
  return `${required}/`.startsWith(above)
}

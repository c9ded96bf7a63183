import { z } from 'zod'
import { ConfigurationError } from './errors.ts'
import { describeIssue } from './option-messages.ts'
import { unreachable } from './unreachable.ts'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/** One thing that is wrong, and where. */
interface Finding {
  readonly path: Path
  readonly issue: Issue
}

/**
 * The schema of an option object: a key that is not in `shape` is refused by name, also inside unions and lists.
 *
 * A silently ignored option (a mistyped `audience`) would be a hole.
 */
export function optionsObject<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape)
}

/**
 * Checks options once, at start, and says in one sentence what to write instead. `name` is what the developer knows the
 * value by (`trustedIssuers[0]`); an empty name leaves the path bare (`audience`). Values are never printed.
 *
 * Does not check what a schema cannot see, such as two options that contradict each other across rooms.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_UNKNOWN`, `ERR_S2S_OPTION_INVALID`
 */
export function parseOptions<T>(schema: z.ZodType<T>, value: unknown, name: string): T {
  const result = schema.safeParse(value, { error: describeIssue })
  if (result.success) return result.data
  const findings = result.error.issues.map((issue) => enter({ path: issue.path, issue }))
  const [first] = findings
  if (first === undefined) throw unreachable('zod refuses a value and names no issue')
  const unknown = findings.find(({ issue }) => issue.code === 'unrecognized_keys')
  const { path, issue } = unknown ?? first
  const fullPath = issue.code === 'unrecognized_keys' ? [...path, ...issue.keys.slice(0, 1)] : path
  throw new ConfigurationError(
    issue.code === 'unrecognized_keys' ? 'ERR_S2S_OPTION_UNKNOWN' : 'ERR_S2S_OPTION_INVALID',
    `${formatPath(name, fullPath)} ${issue.message}`,
  )
}

/** Of a union, what is wrong in the form that was evidently meant: the first whose type fits. */
function enter(finding: Finding): Finding {
  if (finding.issue.code !== 'invalid_union') return finding
  const meant = finding.issue.errors.find((issues) => issues.some(isInside))
  const issue = meant?.find(({ code }) => code === 'unrecognized_keys') ?? meant?.find(isInside)
  return issue === undefined ? finding : enter({ path: [...finding.path, ...issue.path], issue })
}

/** Whether the value had the right type, so that the issue is about what is in it. */
function isInside({ path, code }: Issue): boolean {
  return path.length > 0 || (code !== 'invalid_type' && code !== 'invalid_value' && code !== 'custom')
}

function formatPath(name: string, path: Path): string {
  const text = path.reduce<string>((before, member) => {
    if (typeof member === 'number') return `${before}[${member}]`
    const key = String(member).slice(0, 64)
    if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${before}[${JSON.stringify(key)}]`
    return before === '' ? key : `${before}.${key}`
  }, name)
  return text === '' ? 'options' : text
}

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

/** What is wrong with a value, and what to write instead. Holds nothing of the value but names of members. */
export interface OptionFault {
  readonly code: 'ERR_S2S_OPTION_UNKNOWN' | 'ERR_S2S_OPTION_INVALID'
  readonly path: readonly PropertyKey[]
  /** Such as `is missing; set it to a string`. */
  readonly message: string
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
  const result = checkOptions(schema, value)
  if ('data' in result) return result.data
  const { code, path, message } = result.fault
  const place = formatPath(name, path)
  throw new ConfigurationError(code, `${place} ${message}`, { path: place })
}

/** The checked value, or the one fault that is most worth telling: an unknown name before all others. */
export function checkOptions<T>(
  schema: z.ZodType<T>,
  value: unknown,
): { readonly data: T } | { readonly fault: OptionFault } {
  const result = schema.safeParse(value, { error: describeIssue })
  if (result.success) return { data: result.data }
  const findings = result.error.issues.map((issue) => enter({ path: issue.path, issue }))
  const [first] = findings
  if (first === undefined) throw unreachable('zod refuses a value and names no issue')
  const unknown = findings.find(({ issue }) => issue.code === 'unrecognized_keys')
  const { path, issue } = unknown ?? first
  const { message } = issue
  if (issue.code !== 'unrecognized_keys') return { fault: { code: 'ERR_S2S_OPTION_INVALID', path, message } }
  return { fault: { code: 'ERR_S2S_OPTION_UNKNOWN', path: [...path, ...issue.keys.slice(0, 1)], message } }
}

/** Of a union, what is wrong in the form that was evidently meant: the first whose type fits. */
function enter(finding: Finding): Finding {
  if (finding.issue.code !== 'invalid_union') return finding
  const meant = finding.issue.errors.find((issues) => issues.some(isInside))
  const issue = meant?.find(({ code }) => code === 'unrecognized_keys') ?? meant?.find(isInside)
  return issue === undefined ? finding : enter({ path: [...finding.path, ...issue.path], issue })
}

/** Whether the value had the right type, so that the issue is about what is in it. */
function isInside(issue: Issue): boolean {
  const { path, code } = issue
  if (path.length === 0 && code === 'invalid_union') return issue.errors.some((issues) => issues.some(isInside))
  return path.length > 0 || (code !== 'invalid_type' && code !== 'invalid_value' && code !== 'custom')
}

/** Writes a path as JavaScript would: `trustedIssuers[0].name`, `resources["GET /a"]`. */
export function formatPath(name: string, path: Path): string {
  const text = path.reduce<string>((before, member) => {
    if (typeof member === 'number') return `${before}[${member}]`
    const key = String(member).slice(0, 64)
    if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${before}[${JSON.stringify(key)}]`
    return before === '' ? key : `${before}.${key}`
  }, name)
  return text === '' ? 'options' : text
}

import type { z } from 'zod'
import { nearestName } from './nearest-name.ts'

/** An issue as zod finds it; `input` is looked at for its type only and never printed: it may be a key. */
type RawIssue = z.core.$ZodRawIssue

/**
 * Words what is wrong with one option, without its path: what it is, and what to write instead. A schema's own message
 * goes before. Values are never printed.
 */
export function describeIssue(issue: RawIssue): string {
  if (issue.code === 'invalid_type' || issue.code === 'invalid_value') return describeMismatch(issue)
  switch (issue.code) {
    case 'unrecognized_keys':
      return describeUnknown(issue.keys[0] ?? '', allowedKeys(issue))
    case 'too_small':
      return `must ${bound(issue.origin, 'at least', issue.minimum)}`
    case 'too_big':
      return `must ${bound(issue.origin, 'at most', issue.maximum)}`
    case 'invalid_union':
      return describeUnion(issue)
    default:
      return 'is not valid'
  }
}

function describeMismatch(issue: RawIssue & { readonly code: 'invalid_type' | 'invalid_value' }): string {
  const expected = issue.code === 'invalid_type' ? withArticle(issue.expected) : listed(issue.values)
  if (issue.input === undefined) return `is missing; set it to ${expected}`
  return issue.code === 'invalid_type'
    ? `must be ${expected}, not ${withArticle(typeName(issue.input))}`
    : `must be ${expected}`
}

function describeUnknown(key: string, allowed: readonly string[]): string {
  const near = nearestName(key, allowed)
  if (near !== undefined) return `is unknown; did you mean \`${near}\`?`
  return allowed.length === 0 ? 'is unknown' : `is unknown; known here: ${allowed.join(', ')}`
}

/** The members of the object schema that refused a key. */
function allowedKeys(issue: RawIssue): readonly string[] {
  const definition = issue.inst?._zod.def as { readonly shape?: object } | undefined
  return Object.keys(definition?.shape ?? {})
}

function describeUnion(issue: RawIssue & { readonly code: 'invalid_union' }): string {
  if (Array.isArray(issue['options'])) return `must be ${listed(issue['options'])}`
  const messages = [...new Set(issue.errors.flat().flatMap(messagesOf))]
  if (messages.length === 0) return 'is not valid'
  const prefix = issue.input === undefined ? 'is missing; set it to ' : 'must be '
  if (!messages.every((message) => message.startsWith(prefix))) return messages.join(', or ')
  const suffix = `, not ${withArticle(typeName(issue.input))}`
  const expected = messages.map((message) => message.slice(prefix.length).replace(suffix, ''))
  return `${prefix}${expected.join(' or ')}${issue.input === undefined ? '' : suffix}`
}

/** A union within a union reads as one. */
function messagesOf(error: z.core.$ZodIssue): readonly string[] {
  return error.code === 'invalid_union' && error.path.length === 0
    ? error.errors.flat().flatMap(messagesOf)
    : [error.message]
}

function typeName(input: unknown): string {
  if (input === null) return 'null'
  if (typeof input === 'number') return typeOfNumber(input)
  return Array.isArray(input) ? 'array' : typeof input
}

function typeOfNumber(input: number): string {
  if (!Number.isFinite(input)) return String(input)
  return Number.isInteger(input) ? 'number' : 'fraction'
}

function withArticle(type: string): string {
  if (/^(?:null|NaN|-?Infinity)$/.test(type)) return type
  const word = type === 'int' ? 'integer' : type === 'record' ? 'object' : type
  return `${/^[aeio]/.test(word) ? 'an' : 'a'} ${word}`
}

function listed(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === 'string' ? `"${value}"` : String(value))).join(' or ')
}

function bound(origin: string, relation: string, limit: number | bigint): string {
  if (relation === 'at least' && limit === 1 && origin !== 'number') return 'not be empty'
  if (origin === 'string') return `have ${relation} ${limit} characters`
  return origin === 'array' ? `have ${relation} ${limit} entries` : `be ${relation} ${limit}`
}

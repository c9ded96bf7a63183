import { z } from 'zod'
import { ConfigurationError } from '../foundation/errors.ts'
import { parseOptions } from '../foundation/parse-options.ts'
import {
  requirementForms,
  scopeName,
  scopeNames,
  type RequestLike,
  type RequiredProof,
  type RequirementFunction,
  type ResourceRequirement,
} from './requirement-forms.ts'
import type { Right } from './rights.ts'

interface RequirementBase {
  readonly allowEncodedSlash: boolean
  /** The scope names it mentions, `scope:Right` for a right; for challenges and audit events. */
  readonly scopes: readonly string[]
  /** Whoever it would refuse passes, and is only audited. */
  readonly shadow?: true
  /** How the caller must prove that its token is its own. */
  readonly proof?: RequiredProof
}

/** A requirement after `parseRequirement`: one form for every spelling. */
export type Requirement<Request = RequestLike> = RequirementBase &
  (
    | { readonly type: 'public' | 'authenticated' | 'all' | 'any' }
    | { readonly type: 'role'; readonly scope: string; readonly appRole: string }
    | {
        readonly type: 'right'
        readonly scope: string
        readonly right: Right
        readonly container?: (request: Request) => string | undefined
      }
    | { readonly type: 'function'; readonly allows: RequirementFunction<Request> }
  )

/**
 * Schema of a requirement that needs no function; `parseRequirement` says better what is wrong.
 *
 * @internal
 */
export const requirementSchema: z.ZodType = z.union([
  z.enum(['public', 'authenticated']),
  scopeName,
  scopeNames,
  requirementForms.authenticated,
  requirementForms.scope,
  requirementForms.anyOf,
  requirementForms.allOf,
  requirementForms.appRole,
  requirementForms.right,
])

const spellings =
  'a scope, a list of scopes, { scope }, { anyOf }, { allOf }, { scope, appRole }, { scope, right, container? }, { allows }, ' +
  "'authenticated', 'public' or a function"

/**
 * Reads what a resource requires.
 *
 * Does not check that anybody can hold the scopes. `name` says in error messages which entry is wrong.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function parseRequirement<Request = RequestLike>(
  value: ResourceRequirement<Request>,
  name: string,
): Requirement<Request> {
  if (typeof value === 'function') return { type: 'function', allows: value, allowEncodedSlash: false, scopes: [] }
  if (value === 'public' || value === 'authenticated') return { type: value, allowEncodedSlash: false, scopes: [] }
  if (typeof value === 'string') {
    return { type: 'all', allowEncodedSlash: false, scopes: [parseOptions(scopeName, value, name)] }
  }
  if (Array.isArray(value)) {
    return { type: 'all', allowEncodedSlash: false, scopes: unique(parseOptions(scopeNames, value, name)) }
  }
  return parseForm(value, name)
}

function parseForm<Request>(value: unknown, name: string): Requirement<Request> {
  switch (formOf(value, name)) {
    case 'scope': {
      const { scope, ...options } = parseOptions(requirementForms.scope, value, name)
      return { type: 'all', ...given(options), scopes: unique([scope]) }
    }
    case 'anyOf': {
      const { anyOf, ...options } = parseOptions(requirementForms.anyOf, value, name)
      return { type: 'any', ...given(options), scopes: unique(anyOf) }
    }
    case 'allOf': {
      const { allOf, ...options } = parseOptions(requirementForms.allOf, value, name)
      return { type: 'all', ...given(options), scopes: unique(allOf) }
    }
    case 'appRole': {
      const { scope, appRole, ...options } = parseOptions(requirementForms.appRole, value, name)
      return { type: 'role', scope, appRole, ...given(options), scopes: unique([scope, appRole]) }
    }
    case 'right': {
      const { scope, right, container, ...options } = parseOptions(requirementForms.right, value, name)
      const place = container === undefined ? {} : { container: container as (request: Request) => string | undefined }
      return { type: 'right', scope, right, ...place, ...given(options), scopes: [`${scope}:${right}`] }
    }
    default:
      return parseScopeless(value, name)
  }
}

/** The forms that ask for no scope. */
function parseScopeless<Request>(value: unknown, name: string): Requirement<Request> {
  if (Object.hasOwn(value as object, 'allows')) {
    const { allows, ...options } = parseOptions(requirementForms.allows, value, name)
    return { type: 'function', allows: allows as RequirementFunction<Request>, ...given(options), scopes: [] }
  }
  return { type: 'authenticated', ...given(parseOptions(requirementForms.authenticated, value, name)), scopes: [] }
}

/** The one member that tells the object forms apart; a scope without any of them is a form of its own. */
function formOf(value: unknown, name: string): keyof typeof requirementForms {
  const found = formsIn(value)
  const [form, second] = found
  if (form !== undefined && second === undefined) return form
  const problem =
    form === undefined ? 'is no requirement' : `has both ${found.slice(0, 2).join(' and ')}; write one of them`
  throw new ConfigurationError('ERR_S2S_OPTION_INVALID', `${name} ${problem}: it must be ${spellings}`)
}

function formsIn(value: unknown): readonly (keyof typeof requirementForms)[] {
  const members = typeof value === 'object' && value !== null ? value : {}
  const forms = (['authenticated', 'anyOf', 'allOf', 'appRole', 'right', 'allows'] as const).filter((form) =>
    Object.hasOwn(members, form),
  )
  return forms.length === 0 && Object.hasOwn(members, 'scope') ? ['scope'] : forms
}

interface GivenOptions {
  readonly allowEncodedSlash?: true | undefined
  readonly shadow?: boolean | undefined
  readonly proof?: RequiredProof | undefined
}

function given({ allowEncodedSlash, shadow, proof }: GivenOptions): Omit<RequirementBase, 'scopes'> {
  return {
    allowEncodedSlash: allowEncodedSlash === true,
    ...(shadow === true ? { shadow } : {}),
    ...(proof === undefined ? {} : { proof }),
  }
}

function unique(names: readonly string[]): readonly string[] {
  return Object.freeze([...new Set(names)])
}

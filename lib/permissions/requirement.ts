import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { ConfigurationError } from '../foundation/errors.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import type { S2SPrincipal } from '../identity/principal.ts'
import { rightLadder, type Right } from './rights.ts'
import { isScopeName } from './scope.ts'

/** The least that a request is; Express's `Request` fits. */
export interface RequestLike {
  readonly method?: string
  readonly url?: string
  readonly headers: IncomingHttpHeaders
}

/** What the object forms of a requirement take besides. */
export interface RequirementOptions {
  /** Accept `%2f` in the path of the request. Only for routes that decode it exactly once. Default: refused. */
  readonly allowEncodedSlash?: true
}

/** One of the scopes is enough. */
export interface AnyOfRequirement extends RequirementOptions {
  readonly anyOf: readonly string[]
  readonly allOf?: never
}

/** All of the scopes are needed. */
export interface AllOfRequirement extends RequirementOptions {
  readonly allOf: readonly string[]
  readonly anyOf?: never
}

/** Callers that act for a user need the scope, applications on their own the role. */
export interface RoleRequirement extends RequirementOptions {
  readonly scope: string
  readonly appRole: string
  readonly right?: never
}

/** A right on the ladder, or a higher one, perhaps within a container. */
export interface RightRequirement<Request = RequestLike> extends RequirementOptions {
  readonly scope: string
  readonly right: Right
  /** Which container the request is about; `undefined`: only a permission without container is enough. */
  readonly container?: (request: Request) => string | undefined
  readonly appRole?: never
}

/** An own judgement: only `true` lets the request through. */
export type RequirementFunction<Request = RequestLike> = (
  principal: S2SPrincipal,
  request: Request,
) => boolean | Promise<boolean>

/**
 * What a resource requires: a scope; a list (all of them); one of the object forms; `'authenticated'` (any verified
 * caller); `'public'` (anybody); or a function.
 */
export type ResourceRequirement<Request = RequestLike> =
  | string
  | readonly string[]
  | AnyOfRequirement
  | AllOfRequirement
  | RoleRequirement
  | RightRequirement<Request>
  | RequirementFunction<Request>

interface RequirementBase {
  readonly allowEncodedSlash: boolean
  /** The scope names it mentions, `scope:Right` for a right; for challenges and audit events. */
  readonly scopes: readonly string[]
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

const reserved: ReadonlySet<string> = new Set(['public', 'authenticated'])
const scopeName = z
  .string()
  .refine(isScopeName, 'must be a scope name: printable ASCII without space, " and \\; write several scopes as a list')
  .refine((text) => !reserved.has(text.toLowerCase()), "is no scope; write 'public' or 'authenticated' alone")
const scopeNames = z.array(scopeName).min(1, "is empty; write 'authenticated' when any verified caller may pass")
const allowEncodedSlash = z.literal(true, 'must be true; leave it out instead').optional()

const forms = {
  anyOf: optionsObject({ anyOf: scopeNames, allowEncodedSlash }),
  allOf: optionsObject({ allOf: scopeNames, allowEncodedSlash }),
  appRole: optionsObject({ scope: scopeName, appRole: scopeName, allowEncodedSlash }),
  right: optionsObject({
    scope: scopeName,
    right: z.enum(rightLadder, `must be one of ${rightLadder.join(', ')}`),
    container: z
      .custom<(request: never) => string | undefined>((value) => typeof value === 'function', 'must be a function')
      .optional(),
    allowEncodedSlash,
  }),
}

/**
 * Schema of a requirement that needs no function; `parseRequirement` says better what is wrong.
 *
 * @internal
 */
export const requirementSchema: z.ZodType = z.union([
  z.enum(['public', 'authenticated']),
  scopeName,
  scopeNames,
  forms.anyOf,
  forms.allOf,
  forms.appRole,
  forms.right,
])

const spellings =
  "a scope, a list of scopes, { anyOf }, { allOf }, { scope, appRole }, { scope, right, container? }, 'authenticated', " +
  "'public' or a function"

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
    case 'anyOf': {
      const { anyOf, ...options } = parseOptions(forms.anyOf, value, name)
      return { type: 'any', ...encodedSlash(options), scopes: unique(anyOf) }
    }
    case 'allOf': {
      const { allOf, ...options } = parseOptions(forms.allOf, value, name)
      return { type: 'all', ...encodedSlash(options), scopes: unique(allOf) }
    }
    case 'appRole': {
      const { scope, appRole, ...options } = parseOptions(forms.appRole, value, name)
      return { type: 'role', scope, appRole, ...encodedSlash(options), scopes: unique([scope, appRole]) }
    }
    case 'right': {
      const { scope, right, container, ...options } = parseOptions(forms.right, value, name)
      const place = container === undefined ? {} : { container: container as (request: Request) => string | undefined }
      return { type: 'right', scope, right, ...place, ...encodedSlash(options), scopes: [`${scope}:${right}`] }
    }
  }
}

/** The one member that tells the object forms apart. */
function formOf(value: unknown, name: string): keyof typeof forms {
  const members = typeof value === 'object' && value !== null ? value : {}
  const found = (['anyOf', 'allOf', 'appRole', 'right'] as const).filter((form) => Object.hasOwn(members, form))
  const [form, second] = found
  if (form !== undefined && second === undefined) return form
  const problem = form === undefined ? 'is no requirement' : `has both ${form} and ${second ?? ''}; write one of them`
  throw new ConfigurationError('ERR_S2S_OPTION_INVALID', `${name} ${problem}: it must be ${spellings}`)
}

function encodedSlash(options: { readonly allowEncodedSlash?: true | undefined }): { allowEncodedSlash: boolean } {
  return { allowEncodedSlash: options.allowEncodedSlash === true }
}

function unique(names: readonly string[]): readonly string[] {
  return Object.freeze([...new Set(names)])
}

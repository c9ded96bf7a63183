import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { optionsObject } from '../foundation/parse-options.ts'
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
  /**
   * Try the rule first: a caller that it would refuse passes, and `access.would-be-refused` is audited. Only for callers
   * whose token was verified; everything else is refused as ever. Default `false`.
   */
  readonly shadow?: boolean
  /**
   * The caller must prove that its token is its own: with a DPoP proof, with its client certificate, or with any of them. A
   * plain bearer token is refused with 401 `ERR_S2S_PROOF_REQUIRED`. Default: not asked; a token that is bound must be proved
   * wherever it is used.
   */
  readonly proof?: RequiredProof
}

/** Which proof of possession a resource demands. */
export type RequiredProof = 'dpop' | 'mtls' | 'any'

/** Any verified caller may pass: `'authenticated'` with room for the options. */
export interface AuthenticatedRequirement extends RequirementOptions {
  readonly authenticated: true
}

/** The scope is needed: as a text alone, with room for the options. */
export interface ScopeRequirement extends RequirementOptions {
  readonly scope: string
  readonly appRole?: never
  readonly right?: never
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

/** The own judgement is needed: as a function alone, with room for the options. */
export interface FunctionRequirement<Request = RequestLike> extends RequirementOptions {
  readonly allows: RequirementFunction<Request>
}

/**
 * What a resource requires: a scope; a list (all of them); one of the object forms; `'authenticated'` (any verified
 * caller); `'public'` (anybody); or a function.
 */
export type ResourceRequirement<Request = RequestLike> =
  | string
  | readonly string[]
  | AuthenticatedRequirement
  | ScopeRequirement
  | AnyOfRequirement
  | AllOfRequirement
  | RoleRequirement
  | RightRequirement<Request>
  | RequirementFunction<Request>
  | FunctionRequirement<Request>

const reserved: ReadonlySet<string> = new Set(['public', 'authenticated'])
/** One scope name. @internal */
export const scopeName = z
  .string()
  .refine(isScopeName, 'must be a scope name: printable ASCII without space, " and \\; write several scopes as a list')
  .refine((text) => !reserved.has(text.toLowerCase()), "is no scope; write 'public' or 'authenticated' alone")
/** One or more scope names. @internal */
export const scopeNames = z.array(scopeName).min(1, "is empty; write 'authenticated' when any verified caller may pass")
const allowEncodedSlash = z.literal(true, 'must be true; leave it out instead').optional()

const options = {
  allowEncodedSlash,
  shadow: z.boolean().optional(),
  proof: z.enum(['dpop', 'mtls', 'any']).optional(),
}

/** The object forms, each by the member that tells it from the others. @internal */
export const requirementForms = {
  authenticated: optionsObject({ authenticated: z.literal(true), ...options }),
  scope: optionsObject({ scope: scopeName, ...options }),
  anyOf: optionsObject({ anyOf: scopeNames, ...options }),
  allOf: optionsObject({ allOf: scopeNames, ...options }),
  appRole: optionsObject({ scope: scopeName, appRole: scopeName, ...options }),
  right: optionsObject({
    scope: scopeName,
    right: z.enum(rightLadder, `must be one of ${rightLadder.join(', ')}`),
    container: ownFunction<(request: never) => string | undefined>().optional(),
    ...options,
  }),
  allows: optionsObject({ allows: ownFunction<RequirementFunction<never>>(), ...options }),
}

function ownFunction<Type>(): z.ZodType<Type> {
  return z.custom<Type>((value) => typeof value === 'function', 'must be a function')
}

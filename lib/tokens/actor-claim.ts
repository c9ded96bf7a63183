import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { requiredTextClaim, textClaim } from './claims.ts'

/** Most actors that one token may name, the current one included. */
const maximumActors = 4

/**
 * The actors of a delegated token, the current one first; `undefined` for a token without `act`. The current actor must be one
 * of the token's own issuer. Earlier ones are told for information only; one of another issuer reads `sub@iss`.
 *
 * Other members of `act` than `sub`, `iss` and `act` are not read; a `client_id` must be a text. `may_act` says who may become an actor, and is
 * nobody's right here: it is not read either.
 *
 * @throws TokenError `ERR_S2S_CLAIM_INVALID` for an `act` that is not an object with a `sub`, or more than four actors;
 * `ERR_S2S_ACTOR_MISMATCH` when the current actor is of another issuer
 * @see RFC 8693 section 4.1
 */
export function readActors(claims: JsonObject): readonly [string, ...string[]] | undefined {
  if (!Object.hasOwn(claims, 'act')) return undefined
  const issuer = claims['iss']
  const current = actorIn(claims)
  const named = textClaim(current, 'iss')
  if (named !== undefined && named !== issuer) {
    throw new TokenError('ERR_S2S_ACTOR_MISMATCH', '"iss" in "act" is another issuer than that of the token')
  }
  const actors: [string, ...string[]] = [requiredTextClaim(current, 'sub')]
  for (let actor = current; Object.hasOwn(actor, 'act');) {
    actor = actorIn(actor)
    if (actors.length >= maximumActors) throw invalid(`"act" names more than ${maximumActors} actors`)
    actors.push(nameOf(actor, issuer))
  }
  return actors
}

function actorIn(object: JsonObject): JsonObject {
  const actor = object['act']
  if (typeof actor !== 'object' || actor === null || Array.isArray(actor)) throw invalid('"act" is not an object')
  textClaim(actor as JsonObject, 'client_id')
  return actor as JsonObject
}

function nameOf(actor: JsonObject, issuer: unknown): string {
  const sub = requiredTextClaim(actor, 'sub')
  const named = textClaim(actor, 'iss')
  return named === undefined || named === issuer ? sub : `${sub}@${named}`
}

function invalid(reason: string): TokenError {
  return new TokenError('ERR_S2S_CLAIM_INVALID', reason)
}

import { randomBytes } from 'node:crypto'
import type { OAuthTrustedIssuer } from '../../trust/trusted-issuer.ts'
import { diagnoseQuestion } from '../diagnoses/diagnose-introspection.ts'
import { findingOf, type Finding } from '../finding.ts'

/**
 * Asks an issuer about a token that nobody made: whether it can be reached, knows this server, and says what RFC 7662 says.
 * Never rejects.
 */
export async function checkIntrospection({ name, introspection }: OAuthTrustedIssuer): Promise<Finding> {
  const token = `${introspection?.tokenPrefix ?? ''}${randomBytes(32).toString('base64url')}`
  try {
    const answer = await introspection?.ask(token)
    return answer?.document['active'] === false ? answersWell(name) : believesAnything(name)
  } catch (error) {
    return findingOf('error', diagnoseQuestion(error), name)
  }
}

function answersWell(name: string): Finding {
  const cause = 'the issuer can be asked, lets this server ask, and does not call a random token active'
  return findingOf('ok', { kind: 'introspection', cause, fix: '' }, name)
}

function believesAnything(name: string): Finding {
  const cause = 'the issuer calls a random token active: it would let anybody in'
  const fix = 'check introspectionEndpoint, and take the issuer out of trustedIssuers until then'
  return findingOf('error', { kind: 'introspection-believes-anything', cause, fix }, name)
}

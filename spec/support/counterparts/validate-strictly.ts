import type { X509Certificate } from 'node:crypto'
import { createHash, createVerify } from 'node:crypto'

/** A server the counterpart believes: what it read in its metadata document. */
export interface Partner {
  readonly issuer: string
  readonly certificates: readonly X509Certificate[]
}

/** Who the counterpart is, and what its product reads. */
export interface Receiver {
  readonly clientId: string
  readonly realm: string
  /** The authority it is called at, `host:port`. */
  readonly host: string
  readonly partners: readonly Partner[]
  /** The identifiers of a user it looks up. */
  readonly userAttributes: readonly string[]
  /** Seconds since 1970. */
  readonly now: number
}

/** Who called. */
export interface SeenCaller {
  readonly application: string
  readonly user: Readonly<Record<string, string>> | undefined
}

/** Why a token was refused. */
export class Refused extends Error {}

type Claims = Readonly<Record<string, unknown>>

interface Part {
  readonly header: Claims
  readonly claims: Claims
  readonly signingInput: string
  readonly signature: string
}

const skewSeconds = 300

/**
 * Judges a token as protocol section 4 says and as strictly as its words allow: texts everywhere, lower case, nothing that
 * the token does not need. Shares no code with the library.
 */
export function validateStrictly(token: string, receiver: Receiver): SeenCaller {
  const outer = takeApart(token)
  if (outer.header['alg'] !== 'none') return { application: checkActor(outer, receiver, false), user: undefined }
  demand(outer.signature === '', 'an unsigned token ends with a dot')
  demand(sameMembers(outer.header, ['typ', 'alg']), 'the outer header says typ and alg only')
  const actor = takeApart(textOf(outer.claims, 'actortoken'))
  const application = checkActor(actor, receiver, true)
  demand(outer.claims['iss'] === application, 'iss of the outer token is nameid of the actor token')
  demand(outer.claims['aud'] === actor.claims['aud'], 'both tokens have one audience')
  checkDates(outer.claims, receiver.now)
  return { application, user: checkUser(outer.claims, receiver) }
}

function takeApart(token: string): Part {
  const match = /^([\w-]+)\.([\w-]+)\.([\w-]*)$/.exec(token)
  demand(match !== null, 'three base64url segments')
  const [, header = '', payload = '', signature = ''] = match as RegExpExecArray
  return { header: objectOf(header), claims: objectOf(payload), signingInput: `${header}.${payload}`, signature }
}

function objectOf(segment: string): Claims {
  const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString())
  demand(typeof value === 'object' && value !== null && !Array.isArray(value), 'a JSON object')
  return value as Claims
}

function checkActor(actor: Part, receiver: Receiver, isForUser: boolean): string {
  const { kid, ...header } = actor.header
  demand(sameMembers(header, ['typ', 'alg', 'x5t']), 'the signed header says typ, alg and x5t')
  demand(kid === undefined || kid === header['x5t'], 'kid says the same as x5t')
  demand(actor.header['typ'] === 'JWT' && actor.header['alg'] === 'RS256', 'a JWT signed with RS256')
  const names = ['aud', 'iss', 'nameid', 'nbf', 'exp', ...(isForUser ? ['trustedfordelegation'] : [])]
  demand(sameMembers(actor.claims, names), `an actor token has ${names.join(', ')}`)
  if (isForUser) demand(actor.claims['trustedfordelegation'] === 'true', 'trustedfordelegation is the text true')
  const issuer = textOf(actor.claims, 'iss')
  const partner = receiver.partners.find((known) => known.issuer === issuer)
  demand(partner !== undefined, 'the issuer of the token is not a trusted issuer')
  checkSignature(actor, partner as Partner)
  demand(actor.claims['nameid'] === issuer, 'a self-issuer speaks for itself only')
  checkAudience(textOf(actor.claims, 'aud'), receiver)
  checkDates(actor.claims, receiver.now)
  return issuer
}

function checkSignature({ header, signingInput, signature }: Part, { certificates }: Partner): void {
  const certificate = certificates.find(
    ({ raw }) => createHash('sha1').update(raw).digest('base64url') === header['x5t'],
  )
  demand(certificate !== undefined, 'x5t is one of the certificates of this issuer')
  const key = (certificate as X509Certificate).publicKey
  demand(createVerify('sha256').update(signingInput).verify(key, signature, 'base64url'), 'the signature holds')
}

function checkAudience(audience: string, { clientId, host, realm }: Receiver): void {
  const [, id, name, ofRealm] = /^([^/@]+)\/([^/@]+)@([^/@]+)$/.exec(audience) ?? []
  demand(name !== undefined, 'the audience has three parts')
  demand(id === clientId && ofRealm === realm, 'client id and realm of the audience are ours, to the letter')
  demand(name?.toLowerCase() === host.toLowerCase(), 'the host of the audience is ours')
}

function checkDates(claims: Claims, now: number): void {
  const [from, until] = ['nbf', 'exp'].map((name) => {
    const text = textOf(claims, name)
    demand(/^\d{1,12}$/.test(text), `${name} is a text of digits`)
    return Number(text)
  })
  demand(from !== undefined && from <= now + skewSeconds, 'the token is valid already')
  demand(until !== undefined && until > now - skewSeconds, 'the token is still valid')
}

function checkUser(claims: Claims, { userAttributes }: Receiver): Readonly<Record<string, string>> {
  const known = ['aud', 'iss', 'nbf', 'exp', 'actortoken', 'nameid', 'nii', 'upn', 'smtp', 'sip']
  demand(
    Object.keys(claims).every((name) => known.includes(name)),
    'an outer token says nothing else',
  )
  const named = ['nameid', 'nii', 'upn', 'smtp', 'sip'].filter((name) => claims[name] !== undefined)
  const user = Object.fromEntries(named.map((name) => [name, textOf(claims, name)]))
  demand(named.includes('nii') || !named.includes('nameid'), 'nameid has its nii')
  demand(
    named.some((name) => userAttributes.includes(name)),
    'the user has an identifier that is looked up here',
  )
  return user
}

/** All values of S2S tokens are texts in lower case; nii keeps its letters, and an encoded token is none of words. */
function textOf(claims: Claims, name: string): string {
  const value = claims[name]
  demand(typeof value === 'string' && value !== '', `${name} is a text`)
  const text = value as string
  demand(name === 'actortoken' || name === 'nii' || text === text.toLowerCase(), `${name} is in lower case`)
  return text
}

function sameMembers(value: Claims, names: readonly string[]): boolean {
  return Object.keys(value).sort().join() === [...names].sort().join()
}

function demand(holds: boolean, rule: string): void {
  if (!holds) throw new Refused(rule)
}

import type { StrictCaller, StrictIssuer } from './strict-world.ts'

type Claims = Readonly<Record<string, unknown>>

const tolerance = 60
const longestLife = 86_400

/** An access token of an OAuth issuer: what it says, when nothing of it is wrong. */
export function readStrictOAuthClaims(claims: Claims, issuer: StrictIssuer, now: number): StrictCaller | undefined {
  const expiresAt = readTimes(claims, now, 'number')
  const audiences = Array.isArray(claims['aud']) ? (claims['aud'] as unknown[]) : [own(claims, 'aud')]
  const foreign = ['at_hash', 'c_hash', 'events', 'actortoken', 'cnf']
  if (expiresAt === undefined || foreign.some((name) => Object.hasOwn(claims, name))) return undefined
  if (!audiences.every((each) => typeof each === 'string' && each !== '')) return undefined
  if (!audiences.includes(issuer.audience) || !isOptionalName(claims, 'sub')) return undefined
  const named = firstName(claims, ['client_id', 'azp', 'appid', 'cid'])
  if (named === false) return undefined
  const subject = own(claims, 'sub') as string | undefined
  const isSelfIssued = named === undefined && subject !== undefined && subject === claims['iss']
  const application = named ?? (isSelfIssued ? subject : undefined)
  if (Object.hasOwn(claims, 'act')) {
    const isActor = named !== undefined && subject !== undefined && readActorNames(claims, claims['iss'])?.[0] === named
    const permissions = permissionsOf(claims, false, issuer.ceiling)
    return isActor
      ? {
          issuer: issuer.name,
          kind: 'user+app',
          application: named,
          realm: undefined,
          user: { id: subject },
          permissions,
          expiresAt,
        }
      : undefined
  }
  if (application === undefined) return undefined
  const isApp = isSelfIssued || (subject !== undefined && subject === named)
  return {
    issuer: issuer.name,
    kind: isApp ? 'app' : 'user+app',
    application,
    realm: undefined,
    user: isApp ? undefined : subject === undefined ? {} : { id: subject },
    permissions: permissionsOf(claims, isApp, issuer.ceiling),
    expiresAt,
  }
}

/** The names in a chain of `act`, the current actor first; `undefined` when anything in it is odd. */
function readActorNames(claims: Claims, issuer: unknown): readonly unknown[] | undefined {
  const names: unknown[] = []
  for (let holder = claims; Object.hasOwn(holder, 'act');) {
    const actor = holder['act'] as Claims | null
    if (typeof actor !== 'object' || actor === null || Array.isArray(actor) || names.length === 4) return undefined
    if (!['sub', 'iss', 'client_id'].every((name) => isOptionalName(actor, name))) return undefined
    if (own(actor, 'sub') === undefined) return undefined
    if (names.length === 0 && ![undefined, issuer].includes(own(actor, 'iss'))) return undefined
    names.push(own(actor, 'sub'))
    holder = actor
  }
  return names
}

/** A signed S2S token alone: the application as itself. */
export function readStrictAppClaims(claims: Claims, issuer: StrictIssuer, now: number): StrictCaller | undefined {
  const actor = readActor(claims, issuer, now)
  if (actor === undefined) return undefined
  const granted = issuer.granted?.[actor.application]?.asItself ?? []
  const { application, realm, expiresAt } = actor
  return {
    issuer: issuer.name,
    kind: 'app',
    application,
    realm,
    user: undefined,
    permissions: [...granted].sort(),
    expiresAt,
  }
}

/** An unsigned token around an actor token: the application for a user. */
export function readStrictUserClaims(
  { outer, inner }: { readonly outer: Claims; readonly inner: Claims },
  issuer: StrictIssuer,
  now: number,
): StrictCaller | undefined {
  const actor = readActor(inner, issuer, now)
  const expiresAt = readTimes(outer, now, 'text')
  if (actor === undefined || expiresAt === undefined) return undefined
  if (['ActorToken', 'actort', 'act', 'actor', 'cnf'].some((name) => Object.hasOwn(outer, name))) return undefined
  if (own(outer, 'iss') !== inner['nameid'] || readAudience(outer, issuer) === undefined) return undefined
  if (![true, 'true', 'True'].includes(own(inner, 'trustedfordelegation') as string)) return undefined
  if (issuer.delegates?.includes(actor.application) !== true) return undefined
  const user: Record<string, string> = {}
  for (const [name, member] of [
    ['nameid', 'id'],
    ['nii', 'nii'],
    ['upn', 'upn'],
    ['smtp', 'smtp'],
    ['sip', 'sip'],
  ] as const) {
    if (!isOptionalName(outer, name)) return undefined
    const value = own(outer, name)
    if (typeof value === 'string') user[member] = value
  }
  if (Object.keys(user).filter((name) => name !== 'nii').length === 0) return undefined
  const granted = issuer.granted?.[actor.application]?.forUsers ?? []
  return {
    issuer: issuer.name,
    kind: 'user+app',
    application: actor.application,
    realm: actor.realm,
    user: { ...user, realm: actor.realm },
    permissions: [...granted].sort(),
    expiresAt: Math.min(actor.expiresAt, expiresAt),
  }
}

interface Actor {
  readonly application: string
  readonly realm: string
  readonly expiresAt: number
}

function readActor(claims: Claims, issuer: StrictIssuer, now: number): Actor | undefined {
  const expiresAt = readTimes(claims, now, 'text')
  const name = own(claims, 'nameid')
  if (expiresAt === undefined || typeof name !== 'string' || name.length > 1024) return undefined
  if (['actortoken', 'ActorToken', 'actort', 'act', 'actor', 'cnf'].some((each) => Object.hasOwn(claims, each)))
    return undefined
  const [application = '', realm = '', ...rest] = name.split('@')
  if (rest.length > 0 || !isPart(application, 128) || !isPart(realm, 260)) return undefined
  if (realm !== issuer.issuer.split('@')[1]) return undefined
  if (issuer.isBroker !== true && name !== issuer.issuer) return undefined
  return readAudience(claims, issuer) === undefined ? undefined : { application, realm, expiresAt }
}

function isPart(text: string, longest: number): boolean {
  return text !== '' && text.length <= longest && !/[\s/@*,"\\]/.test(text)
}

/** Only the host may be in another letter case, and only in ASCII. */
function readAudience(claims: Claims, issuer: StrictIssuer): string | undefined {
  const audience = own(claims, 'aud')
  if (typeof audience !== 'string') return undefined
  const asciiLower = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
  const [before = '', rest = ''] = splitOnce(audience, '/')
  const [host = '', realm = ''] = splitOnce(rest, '@')
  return `${before}/${asciiLower(host)}@${realm}` === issuer.audience ? issuer.audience : undefined
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

/** When the token ends; `undefined` when it may not be used now. */
function readTimes(claims: Claims, now: number, dates: 'number' | 'text'): number | undefined {
  const [exp, nbf, iat] = ['exp', 'nbf', 'iat'].map((name) => readDate(own(claims, name), dates))
  if (exp === 'invalid' || nbf === 'invalid' || iat === 'invalid' || exp === undefined) return undefined
  if (dates === 'text' && nbf === undefined) return undefined
  if (exp + tolerance <= now || (nbf ?? 0) > now + tolerance || (iat ?? 0) > now + tolerance) return undefined
  return exp - (nbf ?? iat ?? now) > longestLife ? undefined : exp
}

function readDate(value: unknown, dates: 'number' | 'text'): number | 'invalid' | undefined {
  if (value === undefined) return undefined
  if (dates === 'text' && typeof value === 'string') return /^[0-9]{1,12}$/.test(value) ? Number(value) : 'invalid'
  return typeof value === 'number' && value >= 0 && value < Infinity ? value : 'invalid'
}

function own(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= 1024
}

function isOptionalName(claims: Claims, name: string): boolean {
  return !Object.hasOwn(claims, name) || isName(claims[name])
}

/** The first that is there decides; what comes after it is not looked at. */
function firstName(claims: Claims, names: readonly string[]): string | false | undefined {
  const found = names.find((name) => Object.hasOwn(claims, name))
  if (found === undefined) return undefined
  const value = claims[found]
  return isName(value) ? value : false
}

function permissionsOf(claims: Claims, isApp: boolean, ceiling: readonly string[] | undefined): readonly string[] {
  const texts = ['scope', 'scp'].flatMap((name) => {
    const value = own(claims, name)
    return typeof value === 'string' ? value.split(' ') : listOf(value)
  })
  const roles = isApp ? ['roles', 'permissions'].flatMap((name) => listOf(own(claims, name))) : []
  const names = [...texts, ...roles].filter((name) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(name))
  return [...new Set(names.filter((name) => ceiling?.includes(name) ?? true))].sort()
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : []
}

import type { UnverifiedToken } from '../../tokens/unverified-token.ts'
import type { TrustedIssuer } from '../../trust/trusted-issuer.ts'
import type { Diagnosis } from '../finding.ts'
import { findFormerKey } from '../former-keys.ts'
import { optionsOfIssuer } from '../options-of-issuer.ts'
import { printDuration } from '../print-duration.ts'
import { claimOf, type TokenSubject } from '../token-subject.ts'
import { inspectIssuer } from '../trust/inspect-issuer.ts'
import { readConfiguredKeys } from '../trust/configured-keys.ts'
import { placesOf } from '../trust/issuer-place.ts'
import type { PublishedKey } from '../trust/published-key.ts'
import { isKeySubject, type KeySubject } from './key-subject.ts'

/** Why the issuer has no such key, or one that cannot be used. Looks at what the issuer publishes now, and nowhere else. */
export async function diagnoseKey(subject: TokenSubject): Promise<Diagnosis | undefined> {
  if (!isKeySubject(subject)) return undefined
  const former = diagnoseFormerKey(subject)
  if (former !== undefined) return former
  const keys = await publishedKeys(subject)
  return (
    diagnoseNoName(subject, keys) ??
    diagnoseIgnored(subject, keys) ??
    diagnoseSpelling(subject, keys) ??
    unknownKey(subject, keys)
  )
}

/** What the issuer that the token names publishes now. */
async function publishedKeys({ options, issuer, now }: KeySubject): Promise<readonly PublishedKey[]> {
  const entry = optionsOfIssuer(options.trustedIssuers, issuer)
  if (entry === undefined) return []
  const places = placesOf(entry, options)
  if (places.length === 0) return readConfiguredKeys(entry)
  const own = places.filter(({ issuers }) => issuers.includes(issuer.name))
  const seen = await Promise.all(own.map((place) => inspectIssuer(place, options, () => now)))
  return seen.flatMap(({ keys }) => keys)
}

function diagnoseFormerKey({ signed, issuer, formerKeys, now }: KeySubject): Diagnosis | undefined {
  const named = findFormerKey(signed, issuer, formerKeys)
  if (named === undefined) return undefined
  const { key, withdrawnAt } = named.former
  const what = `a previous ${typeof key === 'string' ? 'certificate' : 'key'} of ${issuer.name}`
  const when = withdrawnAt === undefined ? 'withdrawn' : `withdrawn ${printDuration(now - withdrawnAt)} ago`
  if (!named.isSigner) {
    const cause = `the header names ${what}, ${when}, and the token is not signed with it`
    return { kind: 'signature-invalid', cause, fix: 'send exactly the text that the issuer gave' }
  }
  return {
    kind: 'key-withdrawn',
    cause: `the token is signed by ${what}, ${when}`,
    fix: 'get a new token, which the issuer signs with its present key',
  }
}

function nameOfKey({ header }: UnverifiedToken, issuer: TrustedIssuer): string | undefined {
  return issuer.protocol === 's2s' ? (header.x5t ?? header['x5t#S256']) : header.kid
}

function diagnoseNoName({ signed, issuer }: KeySubject, keys: readonly PublishedKey[]): Diagnosis | undefined {
  if (nameOfKey(signed, issuer) !== undefined) return undefined
  const { alg } = signed.header
  const parameter = issuer.protocol === 's2s' ? 'x5t' : 'kid'
  const count = keys.filter(({ algorithms }) => algorithms.includes(alg)).length
  if (count === 0) {
    return {
      kind: 'key-kind',
      cause: `the token is signed with ${alg}, and ${issuer.name} has no key for that`,
      fix: 'have the issuer publish the key that it signs with',
    }
  }
  return {
    kind: `${parameter}-missing`,
    cause: `the header names no key ("${parameter}" is missing)${count > 1 ? `, and ${issuer.name} has ${count} for ${alg}` : ''}`,
    fix: `have the issuer write "${parameter}" into the header of its tokens`,
  }
}

function diagnoseIgnored({ signed, issuer }: KeySubject, keys: readonly PublishedKey[]): Diagnosis | undefined {
  const name = nameOfKey(signed, issuer)
  const key = keys.find(({ id, ignored }) => id === name && ignored !== undefined)
  if (key?.ignored === undefined) return undefined
  return {
    kind: 'key-ignored',
    cause: `the key that the header names is published by ${issuer.name}, and ${key.ignored}`,
    fix: 'have the issuer sign with an RSA key of at least 2048 bits, or an EC key, that is published for signatures',
  }
}

function diagnoseSpelling({ signed, issuer, show }: KeySubject, keys: readonly PublishedKey[]): Diagnosis | undefined {
  const name = nameOfKey(signed, issuer) ?? ''
  const hex = /^[0-9a-f]{40}$/i.test(name) ? Buffer.from(name, 'hex').toString('base64url') : undefined
  const near = keys.find(({ id }) => id !== undefined && (id === hex || id.toLowerCase() === name.toLowerCase()))
  if (near === undefined) return undefined
  return {
    kind: 'key-spelling',
    cause: `the header names the key ${show(name)}, which ${near.id === hex ? 'is hexadecimal and must be base64url' : 'differs in letter case from one of the issuer'}`,
    fix: `have the issuer write ${near.id ?? ''}`,
  }
}

function unknownKey(subject: KeySubject, keys: readonly PublishedKey[]): Diagnosis {
  const { signed, issuer, show, options } = subject
  const signer = `the header names the key ${show(nameOfKey(signed, issuer))}`
  const entry = optionsOfIssuer(options.trustedIssuers, issuer)
  if (entry?.type === 'static' || entry?.type === 's2s-certificate') {
    return {
      kind: 'key-unknown',
      cause: `${signer}, which is not configured for ${issuer.name} (configured ${listed(keys)})`,
      fix: 'configure the key that the issuer signs with now',
    }
  }
  return {
    kind: 'key-unknown',
    cause: `${signer}, which ${issuer.name} does not publish (published ${listed(keys)})${ageOf(subject)}`,
    fix: 'get a new token: the issuer changed its key, or somebody else signed this one',
  }
}

function listed(keys: readonly PublishedKey[]): string {
  const ids = keys.flatMap(({ id, ignored }) => (ignored === undefined && id !== undefined ? [id] : []))
  return `${ids.length === 1 ? 'is' : 'are'} ${ids.slice(0, 5).join(', ') || 'keys without a name'}`
}

function ageOf({ signed, now }: KeySubject): string {
  const age = now - Number(claimOf(signed, 'iat') ?? claimOf(signed, 'nbf'))
  return age > 0 ? `; it was issued ${printDuration(age)} ago` : ''
}

import { describe, it } from 'node:test'
import assert from 'node:assert/strict'
import { createTrustedIssuers, type TrustedIssuers } from '../../lib/trust/trusted-issuers.ts'
import type { TrustedIssuerOptions } from '../../lib/trust/issuer-options.ts'
import { makeKeyPair } from '../support/key-pairs.ts'
import { refusal } from '../support/refusal.ts'
import { makeTrustWorld } from '../support/trust-context.ts'

const pem = makeKeyPair('ec256').publicKey.export({ format: 'pem', type: 'spki' }).toString()
const openid = { type: 'openid', issuer: 'https://i.example' } as const
const fixed = { type: 'static', issuer: 'https://i.example', pem } as const
const spiffe = { callerKind: 'spiffe', trustDomain: 'example.org' } as const

function trust(...list: readonly object[]): TrustedIssuers {
  return createTrustedIssuers(list as readonly TrustedIssuerOptions[], makeTrustWorld().context)
}

describe('the options of a dialect', () => {
  const refused: readonly (readonly [title: string, options: object, message: RegExp])[] = [
    [
      'google without a list of applications',
      { ...openid, callerKind: 'google' },
      /^https:\/\/i\.example: callerKind: 'google' needs applications: \[\.\.\.\]: any service account .* list the e-mail/,
    ],
    [
      'kubernetes without any list',
      { ...openid, callerKind: 'kubernetes' },
      /needs namespaces: \[\.\.\.\] or applications: \[\.\.\.\]: any pod of the cluster .* list who is let in$/,
    ],
    ['an empty list of applications', { ...fixed, applications: [] }, /applications is empty; leave it out instead/],
    [
      'namespaces of no cluster',
      { ...fixed, namespaces: ['a'] },
      /namespaces is for callerKind: 'kubernetes'; set that/,
    ],
    [
      'a namespace that is none',
      { ...fixed, callerKind: 'kubernetes', namespaces: ['a*'] },
      /must be the name of a nam/,
    ],
    ['clientIds of another dialect', { ...fixed, clientIds: ['a'] }, /clientIds is for callerKind: 'cognito'/],
    ['a trust domain without the dialect', { ...fixed, trustDomain: 'a' }, /trustDomain is for callerKind: 'spiffe'/],
    ['the dialect without a trust domain', { ...fixed, callerKind: 'spiffe' }, /needs trustDomain: the trust domain/],
    [
      'a trust domain with scheme',
      { ...fixed, ...spiffe, trustDomain: 'spiffe://a' },
      /must be a trust domain such as/,
    ],
    ['a trust domain in capitals', { ...fixed, ...spiffe, trustDomain: 'A.example' }, /must be a trust domain such as/],
    ['an Edwards curve for SPIFFE', { ...fixed, ...spiffe, algorithms: ['EdDSA'] }, /one that SPIFFE does not allow/],
    [
      'a bundle besides a key set',
      { ...openid, ...spiffe, jwksUri: 'https://i.example/a', bundleEndpoint: 'https://i.example/b' },
      /has both jwksUri and bundleEndpoint; write one of them/,
    ],
    [
      'a bundle without the dialect',
      { ...openid, bundleEndpoint: 'https://b.example' },
      /bundleEndpoint is for callerKi/,
    ],
    [
      'another trust domain as issuer',
      { ...openid, ...spiffe, issuer: 'spiffe://b.example', bundleEndpoint: 'https://b.example' },
      /issuer is another trust domain than trustDomain; write the same/,
    ],
    [
      'a trust domain as issuer, without its bundle',
      { ...openid, ...spiffe, issuer: 'spiffe://example.org' },
      /no https address/,
    ],
    [
      'a trust domain as issuer of another dialect',
      { ...openid, issuer: 'spiffe://example.org', jwksUri: 'https://a.example' },
      /no https address/,
    ],
    [
      'a path for the token that is not absolute',
      { ...openid, discoveryTokenFile: 'token' },
      /must be an absolute path/,
    ],
    ...(['strict', 'acceptsActorClaim'] as const).flatMap((option) =>
      (['kubernetes', 'google', 'spiffe'] as const).map(
        (callerKind) =>
          [
            `${option} for ${callerKind}`,
            { ...fixed, ...(callerKind === 'spiffe' ? spiffe : { callerKind, applications: ['a'] }), [option]: true },
            new RegExp(`${option} is not for callerKind: '${callerKind}'; leave it out$`),
          ] as const,
      ),
    ),
  ]
  for (const [title, options, message] of refused) {
    it(`are refused at start, with the fix: ${title}`, () => {
      assert.throws(() => trust(options), refusal('ERR_S2S_OPTION_INVALID', message))
    })
  }

  it('give one trust domain to one issuer only', () => {
    assert.throws(
      () => trust({ ...fixed, ...spiffe }, { ...fixed, ...spiffe, issuer: 'https://other.example', name: 'other' }),
      refusal('ERR_S2S_OPTION_INVALID', /spiffe:\/\/example\.org is configured twice/),
    )
  })

  it('need no audience where clients stand for it', () => {
    const { context } = makeTrustWorld({ audience: [] })
    const cognito = { ...fixed, callerKind: 'cognito' } as const
    const register = createTrustedIssuers([{ ...cognito, clientIds: ['a'] }], context)
    assert.deepEqual([...(register.list()[0]?.audience ?? ['none'])], [])
    assert.throws(
      () => createTrustedIssuers([cognito], context),
      refusal('ERR_S2S_OPTION_INVALID', /audience is missing/),
    )
  })

  it('make JWT and JOSE the types of JWT-SVIDs', () => {
    const [issuer] = trust({ ...fixed, ...spiffe }).list()
    assert.deepEqual([...(issuer?.acceptedTypes ?? [])], ['jwt', 'jose'])
    assert.deepEqual(issuer?.issuerNames, ['https://i.example', 'spiffe://example.org'])
  })
})

describe('a list of applications', () => {
  const refusalOf = (options: object, application: { readonly id: string; readonly realm?: string }): unknown =>
    trust({ ...fixed, ...options })
      .list()[0]
      ?.refusalOfApplication?.(application)

  it('lets everybody in where there is none', () => {
    assert.equal(refusalOf({}, { id: 'a' }), undefined)
  })

  it('is compared to the letter', () => {
    assert.equal(refusalOf({ applications: ['a', 'b'] }, { id: 'b' }), undefined)
    for (const id of ['B', 'b ', 'ab', '__proto__', 'constructor']) {
      assert.equal(refusalOf({ applications: ['a', 'b'] }, { id }), 'it is not listed in applications')
    }
  })

  it('may name the realm of an S2S application', () => {
    assert.equal(refusalOf({ applications: ['a@r'] }, { id: 'a', realm: 'r' }), undefined)
    assert.equal(refusalOf({ applications: ['a'] }, { id: 'a', realm: 'r' }), undefined)
    assert.equal(refusalOf({ applications: ['a@r'] }, { id: 'a', realm: 'q' }), 'it is not listed in applications')
    assert.equal(refusalOf({ applications: ['a@r'] }, { id: 'a' }), 'it is not listed in applications')
  })

  it('has nobody of a namespace who is no service account', () => {
    const options = { callerKind: 'kubernetes', namespaces: ['a'] }
    assert.equal(refusalOf(options, { id: 'system:serviceaccount:a:b' }), undefined)
    assert.equal(refusalOf(options, { id: 'a' }), 'its namespace is not listed in namespaces')
  })
})

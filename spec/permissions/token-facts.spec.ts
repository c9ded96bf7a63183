import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readTokenFacts, type NamedSender } from '../../lib/permissions/token-facts.ts'
import { hashOfSignedText, tokenIdsOf } from '../../lib/verification/token-ids.ts'
import { NOW } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'
import { compact } from '../support/tokens.ts'
import { oauthTrustedIssuer, s2sIssuer } from '../support/trusted-issuers.ts'

const token = compact({ alg: 'RS256' }, { jti: 'one' }, 'AA')
const application = { id: 'client', realm: 'realm' }
const iss = 'issuer@realm'
const sender = (changes: Partial<NamedSender> = {}): NamedSender => ({
  issuer: s2sIssuer(),
  caller: { application },
  ...changes,
})

describe('the facts that suspensions ask of a token', () => {
  it('are the names of its issuer and of its presets', () => {
    assert.deepEqual(readTokenFacts({ text: token, claims: { iss } }, sender()).issuerNames, ['farm', iss])
    const issuer = s2sIssuer({ partOf: ['cloud', 'cloud:tenant'] })
    assert.deepEqual(readTokenFacts({ text: token, claims: { iss } }, sender({ issuer })).issuerNames, [
      'farm',
      iss,
      'cloud',
      'cloud:tenant',
    ])
  })

  it('are its application, and everything it may be called by', () => {
    const facts = readTokenFacts({ text: token, claims: { iss } }, sender())
    assert.equal(facts.application, application)
    assert.deepEqual(facts.tokenIds(), tokenIdsOf(token))
  })

  it('are, of a token whose issuer was asked, also the ids that it told', () => {
    const answer = { iss, jti: 'told' }
    const opaque = 'ZG9nIGlzIG5vdCBhIHRva2VuIGF0IGFsbA'
    const facts = readTokenFacts({ text: opaque, claims: answer, answer }, sender({ issuer: oauthTrustedIssuer() }))
    assert.deepEqual(facts.tokenIds(), ['told', hashOfSignedText(opaque)])
  })

  it('are all identifiers of its user, the profile too', () => {
    assert.deepEqual(readTokenFacts({ text: token, claims: { iss } }, sender()).userNames, [])
    const all = { issuer: 'farm', id: '1', nii: 'x', upn: '2', smtp: '3', sip: '4', sid: '5', profile: { id: '6' } }
    const namesOf = (user: NamedSender['caller']['user']): readonly string[] =>
      readTokenFacts({ text: token, claims: { iss } }, sender({ caller: { application, user } })).userNames
    assert.deepEqual(namesOf(all), ['1', '2', '3', '4', '5', '6'])
    assert.deepEqual(namesOf({ issuer: 'farm', upn: '2' }), ['2'])
  })

  const dates: readonly [claims: object, issuedAt: number | undefined][] = [
    [{ iat: `${NOW}`, nbf: `${NOW - 5}` }, NOW],
    [{ nbf: `${NOW - 5}` }, NOW - 5],
    [{ iat: NOW }, NOW],
    [{}, undefined],
  ]
  for (const [claims, issuedAt] of dates) {
    it(`are the time at which it was issued: ${JSON.stringify(claims)}`, () => {
      assert.equal(readTokenFacts({ text: token, claims: { iss, ...claims } }, sender()).issuedAt, issuedAt)
    })
  }

  it('are dates as the protocol writes them: no texts in OAuth', () => {
    const issuer = oauthTrustedIssuer()
    assert.equal(readTokenFacts({ text: token, claims: { iss, iat: NOW } }, sender({ issuer })).issuedAt, NOW)
    assert.throws(
      () => readTokenFacts({ text: token, claims: { iss, iat: `${NOW}` } }, sender({ issuer })),
      refusal('ERR_S2S_CLAIM_INVALID', '"iat" is not a date'),
    )
  })
})

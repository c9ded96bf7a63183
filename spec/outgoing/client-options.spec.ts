import assert from 'node:assert/strict'
import https from 'node:https'
import { describe, it } from 'node:test'
import { readTargetAddress, type S2SClientOptions } from '../../lib/outgoing/client-options.ts'
import { refusal } from '../support/refusal.ts'
import type { ErrorCode } from '../../lib/foundation/error-codes.ts'

const target = 'https://portal.fabrikam.example:8443/sites/a'

const accepted: readonly (readonly [title: string, options: Partial<S2SClientOptions>])[] = [
  ['nothing else', {}],
  [
    'all that S2S knows',
    {
      targetClientId: 'a',
      targetRealm: 'b',
      discoveryPath: '/_vti_bin/client.svc',
      lifetimeSeconds: 60,
      spelling: 'sharepoint',
      userAttributes: ['upn'],
      ca: 'x',
      timeoutMilliseconds: 1,
      maximumBytes: 1,
    },
  ],
  [
    'all that RFC 9068 knows',
    { spelling: 'rfc9068', audience: 'https://a', issuer: 'https://b', lifetimeSeconds: 43_200 },
  ],
  ['an agent that checks certificates', { agent: new https.Agent({ keepAlive: true }) }],
]

const refused: readonly (readonly [title: string, options: object, code: ErrorCode, told: RegExp])[] = [
  ['http', { target: 'http://portal.fabrikam.example' }, 'ERR_S2S_TARGET_NOT_HTTPS', /^target is not/],
  ['what is no address', { target: 'portal' }, 'ERR_S2S_TARGET_NOT_HTTPS', /^target is not/],
  ['another scheme', { target: 'data:text/plain,x' }, 'ERR_S2S_TARGET_NOT_HTTPS', /^target is not/],
  ['credentials in the target', { target: 'https://user:secret@host' }, 'ERR_S2S_OPTION_INVALID', /user name/],
  ['an unknown option', { tagret: 'x' }, 'ERR_S2S_OPTION_UNKNOWN', /target/],
  [
    'an agent that checks no certificates',
    { agent: new https.Agent({ rejectUnauthorized: false }) },
    'ERR_S2S_OPTION_INVALID',
    /rejectUnauthorized/,
  ],
  ['a client id of two words', { targetClientId: 'a b' }, 'ERR_S2S_OPTION_INVALID', /targetClientId/],
  ['a realm that ends the audience', { targetRealm: 'a@b' }, 'ERR_S2S_OPTION_INVALID', /targetRealm/],
  ['a discovery address', { discoveryPath: 'https://evil.example/' }, 'ERR_S2S_OPTION_INVALID', /discoveryPath/],
  ['a discovery path with a query', { discoveryPath: '/a?b' }, 'ERR_S2S_OPTION_INVALID', /discoveryPath/],
  ['a lifetime of a day', { lifetimeSeconds: 86_400 }, 'ERR_S2S_OPTION_INVALID', /lifetimeSeconds/],
  ['a lifetime of a second', { lifetimeSeconds: 1 }, 'ERR_S2S_OPTION_INVALID', /lifetimeSeconds/],
  ['another spelling', { spelling: 'entra' }, 'ERR_S2S_OPTION_INVALID', /spelling/],
  ['an audience of S2S tokens', { audience: 'https://a' }, 'ERR_S2S_OPTION_INVALID', /rfc9068/],
  ['an issuer of S2S tokens', { spelling: 'sharepoint', issuer: 'https://a' }, 'ERR_S2S_OPTION_INVALID', /rfc9068/],
  ['no user attributes', { userAttributes: [] }, 'ERR_S2S_OPTION_INVALID', /userAttributes/],
  ['another user attribute', { userAttributes: ['sid'] }, 'ERR_S2S_OPTION_INVALID', /userAttributes/],
  ['no time at all', { timeoutMilliseconds: 0 }, 'ERR_S2S_OPTION_INVALID', /timeoutMilliseconds/],
]

describe('readTargetAddress', () => {
  for (const [title, options] of accepted) {
    it(`accepts ${title}`, () => {
      assert.equal(readTargetAddress({ target, ...options }).href, target)
    })
  }

  for (const [title, options, code, told] of refused) {
    it(`refuses ${title}`, () => {
      assert.throws(() => readTargetAddress({ target, ...options }), refusal(code, told))
    })
  }

  it('prints no password', () => {
    assert.throws(
      () => readTargetAddress({ target: 'http://user:secret@host' }),
      (error: Error & { reason?: string }) => !`${error.message}${error.reason ?? ''}`.includes('secret'),
    )
  })
})

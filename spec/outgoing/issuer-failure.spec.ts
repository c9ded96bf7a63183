import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ResponseBodyError } from 'oauth4webapi'
import { ConfigurationError, OutgoingError, UnavailableError } from '../../lib/foundation/errors.ts'
import { issuerUnavailable, toIssuerFailure, tokenRequestFailure } from '../../lib/outgoing/issuer-failure.ts'

const issuer = 'https://login.example'
const told = 'what-the-issuer-tells'

function bodyError(error: string): ResponseBodyError {
  const cause = { error, error_description: told }
  return new ResponseBodyError(told, { cause, response: Response.json(cause, { status: 400 }) })
}

describe('failures of an OAuth issuer', () => {
  const words = [
    ...['invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'invalid_request', 'invalid_scope'],
    ...['invalid_target', 'invalid_grant', 'access_denied', 'interaction_required', 'login_required'],
    'consent_required',
  ]
  for (const word of words) {
    it(`are ours to mend when it says ${word}`, () => {
      const error = tokenRequestFailure(issuer, 400, bodyError(word))
      assert.deepEqual([error.code, error.side], ['ERR_S2S_TOKEN_REQUEST_REFUSED', 'ours'])
      assert.match(String(error.reason), new RegExp(`^${issuer} refused the token request \\(${word}: [\\w ,;]+\\)$`))
      assert.equal(error.cause, undefined)
    })
  }

  for (const word of [told, 'Invalid_Client', 'constructor', 'invalid_client ']) {
    it(`do not repeat ${word}`, () => {
      const error = tokenRequestFailure(issuer, 400, bodyError(word))
      assert.equal(error.reason, `${issuer} refused the token request (with a word of its own)`)
    })
  }

  for (const word of ['server_error', 'temporarily_unavailable', 'slow_down']) {
    it(`are an outage when it says ${word}`, () => {
      const error = tokenRequestFailure(issuer, 400, bodyError(word))
      assert.deepEqual([error.code, error.side], ['ERR_S2S_TOKEN_ISSUER_UNAVAILABLE', 'issuer'])
      assert.equal(error.reason, `the token endpoint of ${issuer} answered with status 400`)
    })
  }

  it('are an outage when it has too much to do', () => {
    const error = tokenRequestFailure(issuer, 429, bodyError('invalid_client'))
    assert.equal(error.code, 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE')
  })

  it('stay what they are when they say already who must act', () => {
    const errors = [
      issuerUnavailable('no metadata'),
      issuerUnavailable('another origin', { side: 'ours' }),
      tokenRequestFailure(issuer, 400, bodyError('invalid_client')),
      new ConfigurationError('ERR_S2S_OPTION_INVALID', 'the algorithm does not fit'),
      new UnavailableError('ERR_S2S_KEYS_UNREACHABLE'),
    ]
    for (const error of errors) assert.equal(toIssuerFailure(issuer, error), error)
  })

  it('are of the issuer where a connection speaks of the target', () => {
    const cause = new OutgoingError('ERR_S2S_TARGET_TIMEOUT', 'it did not answer in time', { side: 'target' })
    const error = toIssuerFailure(issuer, cause)
    assert.ok(error instanceof OutgoingError)
    assert.deepEqual([error.code, error.side, error.cause], ['ERR_S2S_TOKEN_ISSUER_UNAVAILABLE', 'issuer', cause])
    assert.equal(error.reason, `no answer from ${issuer}: it did not answer in time`)
  })

  it('keep the cause when no request could be made', () => {
    const cause = new TypeError('no key')
    const error = toIssuerFailure(issuer, cause)
    assert.deepEqual([error.reason, error.cause], [`no request to ${issuer} could be made`, cause])
  })
})

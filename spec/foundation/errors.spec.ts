import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorAnswers, errorCodes, type ErrorCode } from '../../lib/foundation/error-codes.ts'
import {
  ConfigurationError,
  IdentityError,
  PermissionError,
  RequestError,
  S2SError,
  TokenError,
  UnavailableError,
} from '../../lib/foundation/errors.ts'

const answers = [
  {
    what: 'a configuration error',
    error: new ConfigurationError('ERR_S2S_NOT_PROTECTED', 'why'),
    status: 500,
    word: 'server_error',
  },
  {
    what: 'a malformed request',
    error: new RequestError('ERR_S2S_HEADER_MALFORMED'),
    status: 400,
    word: 'invalid_request',
  },
  {
    what: 'a request without TLS',
    error: new RequestError('ERR_S2S_TLS_REQUIRED', 'why'),
    status: 403,
    word: 'insufficient_transport_security',
  },
  { what: 'a bad token', error: new TokenError('ERR_S2S_TOKEN_EXPIRED'), status: 401, word: 'invalid_token' },
  {
    what: 'a delegation that policy forbids',
    error: new PermissionError('ERR_S2S_DELEGATION_NOT_ALLOWED'),
    status: 403,
    word: 'access_denied',
  },
  {
    what: 'a missing permission',
    error: new PermissionError('ERR_S2S_SCOPE_MISSING', 'why'),
    status: 403,
    word: 'insufficient_scope',
  },
  {
    what: 'an unknown user',
    error: new IdentityError('ERR_S2S_USER_NOT_FOUND', 'why'),
    status: 403,
    word: 'access_denied',
  },
  {
    what: 'a user who matches twice',
    error: new IdentityError('ERR_S2S_USER_AMBIGUOUS'),
    status: 403,
    word: 'access_denied',
  },
  {
    what: 'an outage',
    error: new UnavailableError('ERR_S2S_KEYS_UNREACHABLE'),
    status: 503,
    word: 'temporarily_unavailable',
  },
] as const

describe('errors', () => {
  for (const { what, error, status, word } of answers) {
    it(`answers ${what} with ${status} ${word}`, () => {
      assert.equal(error.status, status)
      assert.equal(error.statusCode, status)
      assert.equal(error.error, word)
      assert.ok(error instanceof S2SError && error instanceof Error)
      assert.equal(error.name, error.constructor.name)
    })
  }

  it('shows the caller the fixed text of the code and keeps the reason for the operator', () => {
    const error = new TokenError('ERR_S2S_AUDIENCE_MISMATCH', 'the audience is not https://reports.example.com')
    assert.equal(error.message, errorCodes.ERR_S2S_AUDIENCE_MISMATCH.description)
    assert.equal(error.reason, 'the audience is not https://reports.example.com')
    assert.equal(error.expose, true)
  })

  it('tells the developer the reason of a configuration error, and nobody else', () => {
    const error = new ConfigurationError('ERR_S2S_OPTION_INVALID', 'audience is missing')
    assert.equal(error.message, 'audience is missing')
    assert.equal(error.expose, false)
  })

  it('falls back to the fixed text when a configuration error has no reason', () => {
    assert.equal(new S2SError('ERR_S2S_NOT_PROTECTED').message, errorCodes.ERR_S2S_NOT_PROTECTED.description)
  })

  it('has a stack only where a developer must act', () => {
    assert.match(new ConfigurationError('ERR_S2S_OPTION_INVALID', 'x').stack ?? '', /errors\.spec/)
    assert.doesNotMatch(new TokenError('ERR_S2S_TOKEN_EXPIRED').stack ?? '', /errors\.spec/)
  })

  it('leaves the stack depth of the process as it was', () => {
    const before = Error.stackTraceLimit
    new TokenError('ERR_S2S_TOKEN_EXPIRED')
    assert.equal(Error.stackTraceLimit, before)
  })

  it('keeps the cause, and has none when there is none', () => {
    const cause = new Error('socket hang up')
    assert.equal(new UnavailableError('ERR_S2S_KEYS_UNREACHABLE', 'why', { cause }).cause, cause)
    assert.equal(new TokenError('ERR_S2S_TOKEN_MALFORMED', undefined, { cause }).cause, cause)
    assert.equal(Object.hasOwn(new TokenError('ERR_S2S_TOKEN_MALFORMED'), 'cause'), false)
  })

  it('says what was required and what of it is missing', () => {
    const permissions = { required: ['reports.read', 'reports.list'], missing: ['reports.list'] }
    const error = new PermissionError('ERR_S2S_SCOPE_MISSING', undefined, permissions)
    assert.deepEqual({ required: error.required, missing: error.missing }, permissions)
    assert.deepEqual(new PermissionError('ERR_S2S_RESOURCE_NOT_LISTED').required, [])
  })

  for (const [code, source] of [
    ['ERR_S2S_KEYS_UNREACHABLE', 'issuer'],
    ['ERR_S2S_METADATA_INVALID', 'issuer'],
    ['ERR_S2S_PROFILES_UNAVAILABLE', 'profiles'],
    ['ERR_S2S_STATE_UNAVAILABLE', 'state'],
  ] as const) {
    it(`names the source that is out of reach: ${code}`, () => {
      assert.equal(new UnavailableError(code).source, source)
    })
  }

  it('has a sentence and an answer for every code', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      assert.match(code, /^ERR_S2S_[A-Z_0-9]+$/)
      assert.match(errorCodes[code].description, /^[A-Z][^"\\]+\.$/)
      assert.ok(errorAnswers[errorCodes[code].kind].status >= 400)
    }
  })
})

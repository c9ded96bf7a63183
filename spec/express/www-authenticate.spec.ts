import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createChallenges } from '../../lib/express/www-authenticate.ts'
import { errorCodes, type ErrorCode } from '../../lib/foundation/error-codes.ts'
import { ConfigurationError, PermissionError, S2SError, TokenError } from '../../lib/foundation/errors.ts'

const realm = '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2'
/** One challenge of auth-params in RFC 6750's characters. */
const wellFormed = /^Bearer [a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]+"(?:, [a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]+")*$/

describe('the challenge without a credential', () => {
  it('is the realm and nothing else', () => {
    assert.equal(
      createChallenges({ realm, clientId: 'C', trustedIssuers: () => ['a'] }).bare,
      `Bearer realm="${realm}"`,
    )
  })

  it('has the realm s2s when none is configured', () => {
    assert.equal(createChallenges().bare, 'Bearer realm="s2s"')
  })
})

describe('the discovery challenge', () => {
  const discovery = createChallenges({
    realm,
    clientId: 'client-1',
    trustedIssuers: () => ['broker', 'farm'],
  }).discovery()

  it('names realm, client id and trusted issuers in that order', () => {
    assert.equal(discovery, `Bearer realm="${realm}", client_id="client-1", trusted_issuers="broker,farm"`)
  })

  it('gives node-sp-auth, PnP and TokenHelper the 36 characters after the literal start', () => {
    const start = 'Bearer realm="'
    assert.equal(discovery.slice(discovery.indexOf(start) + start.length).slice(0, 36), realm)
  })

  it('gives the Python client the realm between the first equals sign and the first comma', () => {
    assert.equal(discovery.split(',')[0]?.split('=')[1]?.replaceAll('"', ''), realm)
  })

  it('leaves the trusted issuers out when there are none', () => {
    assert.equal(createChallenges({ realm, clientId: 'C' }).discovery(), `Bearer realm="${realm}", client_id="C"`)
    assert.equal(createChallenges({ realm, trustedIssuers: () => [] }).discovery(), `Bearer realm="${realm}"`)
  })

  it('asks for the trusted issuers each time', () => {
    const names = ['a']
    const challenges = createChallenges({ trustedIssuers: () => names })
    assert.match(challenges.discovery(), /trusted_issuers="a"$/)
    names.push('b')
    assert.match(challenges.discovery(), /trusted_issuers="a,b"$/)
  })

  for (const name of ['quo"te', 'back\\slash', 'com,ma', 'größe', 'line\r\nbreak', '']) {
    it(`leaves out the issuer name ${JSON.stringify(name)}, which cannot be written`, () => {
      const challenges = createChallenges({ trustedIssuers: () => ['good', name] })
      assert.equal(challenges.discovery(), 'Bearer realm="s2s", trusted_issuers="good"')
    })
  }
})

describe('the challenge of an error', () => {
  const challenges = createChallenges({ realm })

  it('says the error and the fixed text of the code, never the reason', () => {
    assert.equal(
      challenges.forError(new TokenError('ERR_S2S_TOKEN_EXPIRED', 'a reason for the operator')),
      `Bearer realm="${realm}", error="invalid_token", error_description="The token has expired."`,
    )
  })

  it('names the required scopes before the error', () => {
    const error = new PermissionError('ERR_S2S_SCOPE_MISSING', undefined, {
      required: ['reports.read', 'http://sharepoint/content/tenant:Write'],
      missing: ['reports.read'],
    })
    assert.equal(
      challenges.forError(error),
      `Bearer realm="${realm}", scope="reports.read http://sharepoint/content/tenant:Write", error="insufficient_scope", ` +
        'error_description="The token lacks a scope that this resource requires."',
    )
  })

  it('has no scope when the resource is not listed', () => {
    assert.doesNotMatch(challenges.forError(new PermissionError('ERR_S2S_RESOURCE_NOT_LISTED')), /scope=/)
  })

  for (const scope of ['quo"te', 'back\\slash', 'sp ace', 'größe', 'a\r\nX: y', '']) {
    it(`leaves out the scope ${JSON.stringify(scope)}, which cannot be written`, () => {
      const permissions = { required: [scope, 'good'], missing: [] }
      const challenge = challenges.forError(new PermissionError('ERR_S2S_GRANT_MISSING', undefined, permissions))
      assert.match(challenge, /, scope="good", error=/)
    })
  }

  it('is well-formed for every code', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      assert.match(challenges.forError(new S2SError(code)), wellFormed, code)
    }
  })

  it('falls back to the bare challenge for a code of a foreign error', () => {
    const foreign = Object.assign(new S2SError('ERR_S2S_TOKEN_EXPIRED'), { code: 'E_FOREIGN' as ErrorCode })
    assert.equal(challenges.forError(foreign), challenges.bare)
  })
})

describe('challenges with resource metadata', () => {
  const resourceMetadata = 'https://api.example.com/.well-known/oauth-protected-resource/mcp'
  const end = `resource_metadata="${resourceMetadata}"`
  const trustedIssuers = (): string[] => ['a@b']
  const challenges = createChallenges({
    realm,
    clientId: 'C',
    trustedIssuers,
    resourceMetadata,
    scopes: ['notes.read'],
  })

  it('say in every form where it is, at the end; the realm stays first', () => {
    assert.equal(challenges.bare, `Bearer realm="${realm}", scope="notes.read", ${end}`)
    assert.equal(
      challenges.discovery(),
      `Bearer realm="${realm}", client_id="C", trusted_issuers="a@b", scope="notes.read", ${end}`,
    )
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      const challenge = challenges.forError(new S2SError(code))
      assert.ok(challenge.startsWith(`Bearer realm="${realm}", `), challenge)
      assert.ok(challenge.endsWith(`, ${end}`), challenge)
      assert.match(challenge, wellFormed)
    }
  })

  it('say it in the challenge of either scheme, whichever a caller reads', () => {
    const both = createChallenges({ realm, resourceMetadata, scopes: ['notes.read'], proofAlgorithms: ['ES256'] })
    const bearer = `Bearer realm="${realm}", scope="notes.read"`
    assert.equal(both.bare, `${bearer}, ${end}, DPoP algs="ES256", ${end}`)
    assert.equal(both.discovery(), both.bare)
    const pointers = (challenge: string): number => challenge.split(end).length - 1
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      const challenge = both.forError(new S2SError(code))
      assert.equal(pointers(challenge), 2, challenge)
      assert.ok(challenge.startsWith(`Bearer realm="${realm}", `) && challenge.endsWith(`, ${end}`), challenge)
    }
    const permissions = { required: ['b'], missing: ['b'] }
    assert.equal(pointers(both.forError(new PermissionError('ERR_S2S_SCOPE_MISSING', undefined, permissions))), 2)
  })

  it('name the scopes to ask for first in a 401 and in no other answer', () => {
    assert.match(
      challenges.forError(new TokenError('ERR_S2S_TOKEN_EXPIRED')),
      /", scope="notes\.read", error="invalid_token"/,
    )
    assert.doesNotMatch(challenges.forError(new S2SError('ERR_S2S_HEADER_MALFORMED')), /scope="notes/)
    assert.doesNotMatch(challenges.forError(new PermissionError('ERR_S2S_RESOURCE_NOT_LISTED')), /scope="notes/)
  })

  it('name the scopes that are required, then those that would be lost, each once', () => {
    const permissions = { required: ['b', 'a'], missing: ['b'], held: ['a', 'c'] }
    const error = new PermissionError('ERR_S2S_SCOPE_MISSING', undefined, permissions)
    assert.equal(
      challenges.forError(error),
      `Bearer realm="${realm}", scope="b a c", error="insufficient_scope", ` +
        `error_description="The token lacks a scope that this resource requires.", ${end}`,
    )
  })
})

describe('the realm and client id of challenges', () => {
  const bad: Record<string, unknown> = {
    'a double quote': 'a"b',
    'a backslash': 'a\\b',
    'a comma': 'a,b',
    'an equals sign': 'a=b',
    'a line break': 'a\r\nb',
    'a non-ASCII character': 'größe',
    'no character': '',
    'no text': 7,
  }
  for (const [name, value] of Object.entries(bad)) {
    for (const option of ['realm', 'clientId']) {
      it(`refuses a ${option} with ${name} and says what to write`, () => {
        assert.throws(
          () => createChallenges({ [option]: value }),
          (error: unknown) =>
            error instanceof ConfigurationError &&
            error.code === 'ERR_S2S_OPTION_INVALID' &&
            error.message.startsWith(`${option} cannot be written`) &&
            error.message.includes('such as a GUID'),
        )
      })
    }
  }
})

describe('the challenges of a server that accepts DPoP', () => {
  const challenges = createChallenges({
    realm,
    clientId: 'C',
    trustedIssuers: () => ['a'],
    proofAlgorithms: ['ES256', 'EdDSA'],
  })
  const dpop = 'DPoP algs="ES256 EdDSA"'
  const bearer = `Bearer realm="${realm}"`

  it('name it behind Bearer, so that old clients find the realm where it was', () => {
    assert.equal(challenges.bare, `${bearer}, ${dpop}`)
    assert.equal(challenges.discovery(), `${bearer}, client_id="C", trusted_issuers="a", ${dpop}`)
    const scope = new PermissionError('ERR_S2S_SCOPE_MISSING', undefined, { required: ['a.b'], missing: [] })
    assert.match(
      challenges.forError(scope),
      /^Bearer realm="[^"]+", scope="a\.b", error="insufficient_scope", [^"]+"[^"]+", DPoP algs="ES256 EdDSA"$/,
    )
  })

  for (const [code, error, inBearer, inDpop] of [
    ['ERR_S2S_TOKEN_EXPIRED', 'invalid_token', true, false],
    ['ERR_S2S_HEADER_MALFORMED', 'invalid_request', true, false],
    ['ERR_S2S_TOKEN_BOUND', 'invalid_token', true, true],
    ['ERR_S2S_TOKEN_NOT_BOUND', 'invalid_token', true, true],
    ['ERR_S2S_PROOF_REQUIRED', 'invalid_token', true, true],
    ['ERR_S2S_DPOP_PROOF_INVALID', 'invalid_dpop_proof', false, true],
    ['ERR_S2S_DPOP_PROOF_REPLAYED', 'invalid_dpop_proof', false, true],
    ['ERR_S2S_DPOP_NONCE_REQUIRED', 'use_dpop_nonce', false, true],
  ] as const) {
    it(`say ${code} in the challenge of the scheme it is about`, () => {
      const attributes = `, error="${error}", error_description="${errorCodes[code].description}"`
      assert.equal(
        challenges.forError(new S2SError(code)),
        `${bearer}${inBearer ? attributes : ''}, ${dpop}${inDpop ? attributes : ''}`,
      )
    })
  }

  it('are not named by a server that accepts none', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      assert.doesNotMatch(createChallenges({ realm }).forError(new S2SError(code)), /, DPoP /)
    }
  })
})

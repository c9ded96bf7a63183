import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { hashOfSignedText, tokenHashOf, tokenIdOf, tokenIdsOf } from '../../lib/verification/token-ids.ts'
import { otherSignature } from '../support/token-changes.ts'
import { takeApart } from '../support/token-parts.ts'
import { makeWorld } from '../support/world.ts'

const { farm, oauth } = await makeWorld()
const { forgeActor, forgeOuter, wrap, actorToken } = await takeApart(farm)
const hashOf = (token: string): string =>
  createHash('sha256')
    .update(token.slice(0, token.lastIndexOf('.')))
    .digest('base64url')

describe('tokenIdOf', () => {
  const ids: readonly [claims: object, ids: readonly string[]][] = [
    [{ jti: 'one', uti: 'two' }, ['one', 'two']],
    [{ jti: undefined, uti: 'two' }, ['two']],
    [{ jti: undefined }, []],
    [{ jti: 5, uti: '' }, []],
    [{ jti: 'j'.repeat(1024) }, ['j'.repeat(1024)]],
    [{ jti: 'j'.repeat(1025), uti: 'two' }, ['two']],
  ]
  for (const [claims, named] of ids) {
    it(`gives ${named[0] ?? 'the hash'} for ${JSON.stringify(claims).slice(0, 60)}`, async () => {
      const token = await oauth.token({ claims: { ...claims } })
      assert.deepEqual(tokenIdsOf(token), [...named, hashOf(token)])
      assert.equal(tokenIdOf(token), named[0] ?? hashOf(token))
    })
  }

  it('gives that of the signed token within an unsigned one', () => {
    const token = forgeOuter({ claims: { jti: 'outer', actortoken: forgeActor({ claims: { jti: 'actor' } }) } })
    assert.equal(tokenIdOf(token), 'actor')
  })
})

describe('what an issuer says of a token', () => {
  it('names it before its own text does', async () => {
    const token = await oauth.token({ claims: { jti: 'own' } })
    assert.equal(tokenIdOf(token, { jti: 'told' }), 'told')
    assert.equal(tokenIdOf(token, {}), 'own')
    assert.deepEqual(tokenIdsOf(token, { jti: 'told' }), ['told', 'own', hashOf(token)])
    assert.deepEqual(tokenIdsOf(token, { jti: 'own', uti: 7 }), ['own', hashOf(token)])
  })
})

describe('tokenHashOf', () => {
  it('is that of what was signed: the same for a second signature and for every wrapping', async () => {
    const token = await oauth.token({ algorithm: 'ES256' })
    assert.equal(tokenHashOf(token), hashOf(token))
    assert.equal(tokenHashOf(otherSignature(token)), hashOf(token))
    const wrappings = [actorToken, wrap(actorToken), forgeOuter({ claims: { upn: 'eve', actortoken: actorToken } })]
    assert.deepEqual([...new Set(wrappings.map(tokenHashOf))], [hashOf(actorToken)])
    assert.equal(hashOfSignedText(token.slice(0, token.lastIndexOf('.'))), hashOf(token))
  })

  it('is that of the whole text of a token that cannot be a JWT', () => {
    const token = 'ory_at_abcdefghijklmnop.qrstuvwxyz'
    const expected = createHash('sha256').update(token).digest('base64url')
    assert.equal(tokenHashOf(token), expected)
    assert.deepEqual(tokenIdsOf(token), [expected])
    assert.equal(tokenIdOf(token), expected)
  })

  it('is another for each token', async () => {
    const tokens = await Promise.all(['a', 'b'].map((jti) => oauth.token({ claims: { jti } })))
    assert.equal(new Set(tokens.map(tokenHashOf)).size, 2)
  })
})

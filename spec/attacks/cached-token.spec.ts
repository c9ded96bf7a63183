import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createVerifier, type S2SPrincipal, type Verifier } from 'passport-s2s/verifier'
import { callsDuring, countCryptoCalls } from '../bench/in-process/count-crypto-calls.ts'
import { characterChanges, otherSignature } from '../support/token-changes.ts'
import { takeApart } from '../support/token-parts.ts'
import { compact, readClaims } from '../support/tokens.ts'
import { dana, makeWorld } from '../support/world.ts'

countCryptoCalls()

const world = await makeWorld()
const { farm, oauth } = world
const parts = await takeApart(farm)
const userToken = await farm.userToken(dana, parts.actorToken)
const es256Token = await oauth.token({ algorithm: 'ES256' })
const outerHeader = { typ: 'JWT', alg: 'none' }
const payload = userToken.split('.')[1] ?? ''

/** Signed as a whole: whatever is changed, the answer is no. */
const signed: Readonly<Record<string, string>> = {
  'an OAuth token (RS256)': await oauth.token(),
  'an OAuth token (ES256)': es256Token,
  'an S2S application token': await farm.appOnlyToken(),
}

describe('a token that is remembered, with any one character changed', () => {
  for (const [name, token] of Object.entries(signed)) {
    it(`is refused as if nothing was remembered: ${name}`, async () => {
      assert.deepEqual(await judgeAll(characterChanges(token), token), [])
    })
  }

  it('is refused as if nothing was remembered: the actor token inside an S2S user token', async () => {
    const wrapped = [...characterChanges(parts.actorToken)].map(parts.wrap)
    assert.deepEqual(await judgeAll(wrapped, userToken), [])
  })

  it('is verified anew where it is a whole token: the unsigned part of an S2S user token', async () => {
    const accepted = await judgeAll(characterChanges(userToken), userToken)
    const users = new Set(accepted.map(({ user }) => JSON.stringify(user)))
    assert.ok(users.size > 20, 'the application may name other users, and is heard')
    assert.ok(accepted.every(({ application }) => application.id === farm.applicationName.split('@')[0]))
  })
})

/** Other spellings of a whole token, or of a segment, that careless readers take for the same. */
const respellings: Readonly<Record<string, (token: string) => string>> = {
  'in upper case': (token) => token.toUpperCase(),
  'in lower case': (token) => token.toLowerCase(),
  'with padding': (token) => `${token}=`,
  'with more padding': (token) => `${token}==`,
  'with padding behind the header': (token) => token.replace('.', '=.'),
  'with padding behind the payload': (token) => token.replace(/\.(?=[^.]*$)/, '=.'),
  'without its last character': (token) => token.slice(0, -1),
  'without its first character': (token) => token.slice(1),
  'with a character more': (token) => `${token}A`,
  'with a character more in front': (token) => `A${token}`,
  'with a segment more': (token) => `${token}.`,
  'with a space behind': (token) => `${token} `,
  'with a space in front': (token) => ` ${token}`,
  'with a line break': (token) => `${token}\n`,
  'with a zero byte': (token) => `${token}\0`,
  'with an invisible mark': (token) => `\ufeff${token}`,
  'with a lone surrogate': (token) => `${token}\ud800`,
  'with a combining mark': (token) => `${token}\u0301`,
  'percent-encoded': (token) => token.replace('.', '%2e'),
  'in standard base64': (token) => token.replaceAll('-', '+').replaceAll('_', '/'),
  twice: (token) => token + token,
  'twice with a comma': (token) => `${token},${token}`,
  'with the scheme': (token) => `Bearer ${token}`,
}

describe('a token that is remembered, in another spelling', () => {
  for (const [spelling, respell] of Object.entries(respellings)) {
    it(`is refused: ${spelling}`, async () => {
      for (const remembered of [...Object.values(signed), userToken]) {
        const text = respell(remembered)
        if (text !== remembered) assert.deepEqual(await judgeAll([text], remembered), [])
      }
    })
  }

  it('is verified anew with the other signature that ECDSA allows, and both are remembered', async () => {
    const verifier = createVerifier(world.options)
    const other = otherSignature(es256Token)
    assert.notEqual(other, es256Token)
    for (const expected of [1, 0]) {
      for (const token of [es256Token, other]) {
        assert.equal(await checksOf(verifier, token), expected)
      }
    }
  })
})

/** One JSON, written in several ways: nobody signed how the outer part is written. */
const outerSpellings: Readonly<Record<string, string>> = {
  'with white space in its payload': compact(outerHeader, JSON.stringify(readClaims(userToken), null, 1)),
  'with white space in its header': compact('{ "typ": "JWT", "alg": "none" }', readClaims(userToken)),
  'with the members of its header in another order': compact({ alg: 'none', typ: 'JWT' }, readClaims(userToken)),
  'with its members in another order': compact(
    outerHeader,
    Object.fromEntries(Object.entries(readClaims(userToken)).reverse()),
  ),
  'with an escaped character': compact(outerHeader, decode(payload).replace('dana', '\\u0064ana')),
  'with its type in small letters': compact({ typ: 'jwt', alg: 'none' }, readClaims(userToken)),
}

describe('the actor token of a remembered user token, wrapped again', () => {
  for (const [name, token] of Object.entries(outerSpellings)) {
    it(`is verified anew ${name}`, async () => {
      assert.notEqual(token, userToken)
      const [principal] = await judgeAll([token], userToken)
      assert.equal(principal?.user?.upn, dana.upn)
    })
  }

  it('speaks for the user that the new outer part names, and for nobody else', async () => {
    const verifier = createVerifier(world.options)
    const eve = await farm.userToken({ upn: 'eve@fabrikam.example' }, parts.actorToken)
    for (const expected of [1, 0, 0]) {
      for (const [token, upn] of [
        [userToken, dana.upn],
        [eve, 'eve@fabrikam.example'],
      ] as const) {
        assert.equal(await checksOf(verifier, token), expected)
        assert.equal((await verifier.verify(token)).user?.upn, upn)
      }
    }
  })
})

/**
 * Holds every text against a verifier that remembers the token and against one that never saw it: both must say the same,
 * after the same work. Gives the principals of those that were let in.
 */
async function judgeAll(texts: Iterable<string>, remembered: string): Promise<readonly S2SPrincipal[]> {
  const [warm, cold] = [createVerifier(world.options), createVerifier(world.options)]
  await warm.verify(remembered)
  const accepted: S2SPrincipal[] = []
  let count = 0
  for (const text of texts) {
    count += 1
    const { code, checks, principal } = await judge(warm, text)
    // The second opinion costs as much as the first; a refusal needs it only now and then.
    if (principal !== undefined || count % 7 === 1) {
      assert.deepEqual({ code, checks, principal }, await judge(cold, text), `text ${count}`)
    }
    if (principal === undefined) continue
    assert.equal(checks, 1, `text ${count} was not verified`)
    assertUserOf(text, principal)
    accepted.push(principal)
  }
  assert.equal(await checksOf(warm, remembered), 0, 'the true one is still remembered')
  return accepted
}

interface Judgement {
  readonly checks: number
  readonly code: unknown
  readonly principal: S2SPrincipal | undefined
}

async function judge(verifier: Verifier, token: string): Promise<Judgement> {
  let outcome: Pick<Judgement, 'code' | 'principal'> = { code: undefined, principal: undefined }
  const { signatureChecks: checks } = await callsDuring(async () => {
    await verifier.verify(token).then(
      (principal) => (outcome = { principal, code: undefined }),
      (error: unknown) => (outcome = { principal: undefined, code: (error as { code?: unknown }).code }),
    )
  })
  if (outcome.principal === undefined) assert.match(String(outcome.code), /^ERR_S2S_/)
  return { checks, ...outcome }
}

async function checksOf(verifier: Verifier, token: string): Promise<number> {
  return (await callsDuring(() => verifier.verify(token))).signatureChecks
}

/** Read by nobody but this spec: whom the text that was sent names. */
function assertUserOf(token: string, { user }: S2SPrincipal): void {
  const { nameid, upn, nii } = readClaims(token)
  assert.deepEqual([user?.id, user?.upn, user?.nii], [nameid, upn, nii])
}

function decode(segment: string): string {
  return Buffer.from(segment, 'base64url').toString()
}

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Request } from 'express'
import type { S2SPrincipal } from 'passport-s2s'
import { createVerifier } from 'passport-s2s/verifier'
import { callsDuring, countCryptoCalls } from '../bench/in-process/count-crypto-calls.ts'
import { assertRefused } from '../support/attack.ts'
import { everyForm, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { bearer } from '../support/one-request.ts'
import { sendRaw } from '../support/send-raw.ts'
import { characterChanges, lookAlike, otherSignature } from '../support/token-changes.ts'
import { takeApart } from '../support/token-parts.ts'
import { readClaims } from '../support/tokens.ts'
import { dana, makeWorld } from '../support/world.ts'

countCryptoCalls()

const { farm, oauth, options } = await makeWorld()
const parts = await takeApart(farm)
const es256Token = await oauth.token({ algorithm: 'ES256', claims: { scope: 'reports.read' } })
const userToken = await farm.userToken(dana, parts.actorToken)
const tokens: Readonly<Record<string, string>> = {
  'an OAuth token (RS256)': await oauth.token({ claims: { scope: 'reports.read' } }),
  'an OAuth token (ES256)': es256Token,
  'an S2S application token': await farm.appOnlyToken(),
  'an S2S user token': userToken,
}
/** Never sees a true token: what it says of a false one cannot come from memory. */
const stranger = createVerifier(options)

/** Where the header comes from something else than Node's parser (a serverless adapter), it may hold any character. */
const adaptedHeader = 'x-adapted-authorization'

function adaptHeader(request: Request, _response: unknown, next: () => void): void {
  const adapted = request.headers[adaptedHeader]
  if (typeof adapted === 'string') request.headers.authorization = decodeURIComponent(adapted)
  next()
}

for (const form of everyForm) {
  describe(`a token that is remembered (${form})`, () => {
    let app: GuardedApp
    before(async () => {
      const resources = { 'GET /reports/:id': 'reports.read' } as const
      app = await startGuardedApp({ form, s2s: options, resources, before: [adaptHeader] })
      for (const token of Object.values(tokens)) assert.equal(await checksOf(app, token), 1)
    })
    after(() => app.close())

    for (const [name, token] of Object.entries(tokens)) {
      it(`does not let another in that differs in one character: ${name}`, async () => {
        const all = [...characterChanges(token)].filter((text) => /^[\w.-]+$/.test(text))
        const sample = [...all.filter((_, index) => index % 151 === 0), ...all.slice(-2)]
        for (const changed of sample) await assertJudgedAlone(app, changed)
        assert.equal(await checksOf(app, token), 0, 'the true one is still remembered')
      })
    }

    it('does not let another actor token in within the same outer part', async () => {
      const all = [...characterChanges(parts.actorToken)]
      for (const changed of all.filter((_, index) => index % 211 === 0)) {
        await assertJudgedAlone(app, parts.wrap(changed))
      }
    })

    it('does not let its look-alikes in', async () => {
      const malformed = { name: '', status: 400, code: 'ERR_S2S_HEADER_MALFORMED' }
      for (const token of Object.values(tokens)) {
        for (const at of [0, token.indexOf('.'), token.indexOf('.') + 9, token.length - 1]) {
          const spelt = `${token.slice(0, at)}${lookAlike(token.charAt(at))}${token.slice(at + 1)}`
          const adapted = encodeURIComponent(`Bearer ${spelt}`)
          await assertRefused(app, { ...malformed, headers: [[adaptedHeader, adapted]] })
          const highBit = String.fromCharCode(token.charCodeAt(at) | 0x80)
          await assertRefused(app, { ...malformed, token: token.slice(0, at) + highBit + token.slice(at + 1) })
        }
        await assertRefused(app, { ...malformed, token: `${token},${token}` })
      }
      const same = await sendRaw(app, { headers: [[adaptedHeader, encodeURIComponent(`Bearer ${userToken}`)]] })
      assert.equal(same.status, 200, 'the adapter works')
    })

    it('does not vouch for the other ECDSA signature, nor for another user: they are verified', async () => {
      const eve = await farm.userToken({ upn: 'eve@fabrikam.example' }, parts.actorToken)
      for (const another of [otherSignature(es256Token), eve]) {
        assert.equal(await checksOf(app, another), 1)
        assert.equal(await checksOf(app, another), 0)
        assertCaller(app.lastCaller(), another)
      }
      assert.equal(await checksOf(app, userToken), 0)
      assertCaller(app.lastCaller(), userToken)
    })
  })
}

/** Refused with the code that a server gives that remembers nothing, or verified on its own. */
async function assertJudgedAlone(app: GuardedApp, token: string): Promise<void> {
  const code = await stranger.verify(token).then(
    () => undefined,
    (error: unknown) => (error as { code?: string }).code ?? assert.fail(),
  )
  if (code === undefined) {
    assert.equal(await checksOf(app, token), 1)
    assertCaller(app.lastCaller(), token)
  } else {
    await assertRefused(app, { name: '', token, status: code === 'ERR_S2S_DELEGATION_NOT_ALLOWED' ? 403 : 401, code })
  }
}

/** Asserts that the handler ran; gives how many signatures were verified for that. */
async function checksOf(app: GuardedApp, token: string): Promise<number> {
  const calls = app.handlerCalls()
  const { signatureChecks } = await callsDuring(async () => {
    const answer = await sendRaw(app, { headers: bearer(token) })
    assert.equal(answer.status, 200, answer.body)
  })
  assert.equal(app.handlerCalls(), calls + 1)
  return signatureChecks
}

function assertCaller(caller: S2SPrincipal | null, token: string): void {
  const { nameid, upn } = readClaims(token)
  assert.deepEqual([caller?.user?.id, caller?.user?.upn], [nameid, upn])
}

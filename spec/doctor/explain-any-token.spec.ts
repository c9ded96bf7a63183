import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { explainToken, type TokenExplanation } from '../../lib/doctor/explain-token.ts'
import { S2SError } from '../../lib/foundation/errors.ts'
import { createVerifier } from '../../lib/verifier.ts'
import { createRandom } from '../fuzz/engine/random.ts'
import { mutateText } from '../fuzz/engine/mutate-text.ts'
import { fuzzNow, makeFuzzWorld, signers, signFixed, type FuzzWorld } from '../fuzz/world/fuzz-world.ts'
import { mutateToken } from '../fuzz/world/mutate-token.ts'
import { headerNames } from '../fuzz/world/words.ts'
import { howToRepeat, runSeed } from '../support/seeded-random.ts'
import { isFullRun } from '../support/run-size.ts'
import { oddTokens } from '../verification/differential/odd-tokens.ts'
import { oauthAudience } from '../support/world.ts'

const world: FuzzWorld = await makeFuzzWorld()
const resources = {
  'GET /reports': 'reports.read',
  'POST /reports': { scope: 'reports.write', appRole: 'Reports.Write' },
  'GET /admin': ['admin.all'],
  'GET /lists': { scope: 'lists', right: 'Read' },
} as const

/** Holds one explanation against the verifier of a server with the same options, and against everything that is promised. */
async function hold(token: string): Promise<void> {
  const explanation = await explainToken(world.options, token, { resources })
  const refusal = await refusalOf(token)
  assert.equal(explanation.accepted, refusal === undefined, `${explanation.verdict} ${howToRepeat}`)
  assert.equal(explanation.code === undefined || refusal?.code === explanation.code, true)
  holdChecks(explanation)
  holdNothingOfToken(explanation, token)
}

const verifier = createVerifier(world.options)
after(() => {
  verifier.close()
})

async function refusalOf(token: string): Promise<S2SError | undefined> {
  try {
    await verifier.verify(token)
    return undefined
  } catch (error) {
    assert.ok(error instanceof S2SError, String(error))
    return error
  }
}

/** Exactly one check failed when the token was refused; what is before it passed, and nothing behind it was reached. */
function holdChecks({ accepted, checks, verdict, code }: TokenExplanation): void {
  const outcomes = checks.map(({ outcome }) => outcome)
  const failed = outcomes.indexOf('failed')
  assert.equal(outcomes.filter((outcome) => outcome === 'failed').length, accepted ? 0 : 1, verdict)
  if (accepted) assert.deepEqual(new Set(outcomes), new Set(['passed']))
  else assert.ok(outcomes.slice(failed + 1).every((outcome) => outcome === 'not reached'))
  assert.equal(checks[failed]?.code, code)
  assert.doesNotMatch(verdict, /[\r\n]|undefined|\[object/)
  assert.match(verdict, accepted ? /^Accepted: / : /^Refused \(ERR_S2S_[A-Z_]+\): .+\. Fix: .+\.$/)
}

/** No part of the token, nor of the token within it, in whatever was said. */
function holdNothingOfToken(explanation: TokenExplanation, token: string): void {
  const printed = JSON.stringify(explanation)
  const inner = /"actortoken":"([^"]+)"/.exec(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())?.[1] ?? ''
  for (let start = 0; start + 14 <= printed.length; start += 1) {
    const part = printed.slice(start, start + 14)
    const isEncoded = /^[\w-]+$/.test(part) && /[A-Z]/.test(part) && /[a-z]/.test(part)
    assert.ok(!isEncoded || (!token.includes(part) && !inner.includes(part)), `a part is printed: ${howToRepeat}`)
  }
}

describe('explainToken', () => {
  it('says the same as the verifier about good and well-known bad tokens', async () => {
    for (const token of world.tokens.all) await hold(token)
  })

  it('says the same as the verifier about odd tokens that an issuer signed', async () => {
    const [signer] = signers
    assert.ok(signer)
    const { issuer: iss, header, key } = signer
    const claims = { iss, aud: oauthAudience, exp: fuzzNow + 600, client_id: 'x', sub: 'x' }
    for (const [odd, payload] of oddTokens({ ...header, alg: key.algorithm }, claims)) {
      const [first, second] = [odd, payload].map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
      await hold(signFixed(first ?? '', second ?? '', key))
    }
  })

  it('says the same as the verifier about tokens that were changed at random, and prints nothing of them', async () => {
    const random = createRandom(runSeed, 'doctor')
    const sources = { words: headerNames, corpus: world.tokens.all, maximumLength: 20_000 }
    const tokens = isFullRun ? 20_000 : 150
    for (let index = 0; index < tokens; index += 1) {
      let token = random.pick(world.tokens.all)
      for (let round = 1 + random.below(2); round > 0; round -= 1) token = mutateToken(token, random)
      if (random.once(6)) token = mutateText(token, random, sources)
      await hold(token)
    }
  })

  it('says the same as the verifier about texts that are no tokens', async () => {
    const texts = ['', ' ', '.', '..', '...', 'Bearer ', '"', '\u0000', '{}', '<saml:Assertion/>', 'x'.repeat(200_000), ' '.repeat(100_000), '"'.repeat(20_000), 'a.b.c.d.e'] // prettier-ignore
    for (const text of texts) await hold(text)
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { S2SOptions } from 'passport-s2s'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { NOW } from '../support/clock.ts'
import { forms, startGuardedApp } from '../support/guarded-app.ts'
import { makeKeyPair } from '../support/key-pairs.ts'
import { sendRaw } from '../support/send-raw.ts'
import { takeApart } from '../support/token-parts.ts'
import { compact, flipSignatureBit, readClaims } from '../support/tokens.ts'
import { dana, makeWorld, self } from '../support/world.ts'

/** Everything is only tried: every rule, and the callers of every issuer. Only the second question is in shadow. */
const { farm, otherFarm, oauth, options } = await makeWorld()
const tried: S2SOptions = {
  ...options,
  trustedIssuers: options.trustedIssuers.map((issuer) => ({ ...issuer, shadow: true })),
}
const resources = { 'ALL /reports/:id': { scope: 'reports.never', shadow: true } } as const
const app = { s2s: tried, resources } as const

const parts = await takeApart(farm)
const access = await oauth.token({ claims: { scope: 'reports.read' } })
const stranger = makeKeyPair('rsa2048')
const unsigned = compact({ alg: 'none', typ: 'JWT' }, readClaims(access))

const refused = (name: string, code: string, token: string): AttackCase => ({ name, status: 401, code, token })

describeAttack('a forged token where every rule is only tried', app, [
  refused('an unsigned access token', 'ERR_S2S_ALGORITHM_NOT_ALLOWED', unsigned),
  refused('a flipped signature', 'ERR_S2S_SIGNATURE_INVALID', flipSignatureBit(access)),
  refused(
    'an expired token',
    'ERR_S2S_TOKEN_EXPIRED',
    await oauth.token({ claims: { exp: NOW - 3600, iat: NOW - 7200 } }),
  ),
  refused(
    'a token for another audience',
    'ERR_S2S_AUDIENCE_MISMATCH',
    await oauth.token({ claims: { aud: 'https://other' } }),
  ),
  refused(
    'a token of a stranger',
    'ERR_S2S_ISSUER_UNTRUSTED',
    await oauth.token({ claims: { iss: 'https://evil.example' } }),
  ),
  refused(
    'an outer token without actor',
    'ERR_S2S_ALGORITHM_NOT_ALLOWED',
    parts.forgeOuter({ claims: { actortoken: undefined } }),
  ),
  refused(
    'an actor token with a key of nobody',
    'ERR_S2S_SIGNATURE_INVALID',
    parts.wrap(parts.forgeActor({ key: stranger.privateKey })),
  ),
  refused(
    'another application in the outer token',
    'ERR_S2S_ACTOR_MISMATCH',
    parts.forgeOuter({ claims: { iss: `other@${self.realm}` } }),
  ),
  refused(
    'an actor token that may not delegate',
    'ERR_S2S_DELEGATION_ABSENT',
    parts.wrap(parts.forgeActor({ claims: { trustedfordelegation: 'false' } })),
  ),
  refused('garbage', 'ERR_S2S_TOKEN_MALFORMED', 'a.b.c'),
  {
    ...{ name: 'delegation that is not allowed', status: 403, code: 'ERR_S2S_DELEGATION_NOT_ALLOWED' },
    token: await otherFarm.userToken(dana),
  },
  { name: 'no credential', status: 401, code: undefined },
  {
    name: 'two credentials',
    status: 400,
    code: 'ERR_S2S_HEADER_MALFORMED',
    token: access,
    headers: [['Authorization', 'Bearer a.b.c']],
  },
  {
    name: 'a token in the query',
    status: 400,
    code: 'ERR_S2S_TOKEN_IN_QUERY',
    token: access,
    path: `/reports/1?access_token=x`,
  },
  { name: 'an ambiguous path', status: 400, code: 'ERR_S2S_PATH_AMBIGUOUS', token: access, path: '/reports/%2e' },
  { name: 'an encoded slash', status: 400, code: 'ERR_S2S_PATH_AMBIGUOUS', token: access, path: '/reports/a%2fb' },
  { name: 'what no rule is about', status: 403, code: 'ERR_S2S_RESOURCE_NOT_LISTED', token: access, path: '/admin' },
])

describeAttack('plain http where every rule is only tried', { ...app, plainHttp: true }, [
  { name: 'a good token', status: 403, code: 'ERR_S2S_TLS_REQUIRED', token: access },
])

describeAttack(
  'a caller whom the application refuses, where every rule is only tried',
  { ...app, verify: () => false },
  [refused('a good token', 'ERR_S2S_CALLER_REFUSED', access)],
)

describe('the same applications', () => {
  for (const form of forms) {
    it(`let a genuine token pass, so that the refusals have their reasons (${form})`, async () => {
      const running = await startGuardedApp({ ...app, form })
      const { status } = await sendRaw(running, { headers: [['Authorization', `Bearer ${access}`]] })
      assert.deepEqual([status, running.handlerCalls()], [200, 1])
      assert.equal(running.events.at(-1)?.name, 'access.would-be-refused')
      await running.close()
    })
  }
})

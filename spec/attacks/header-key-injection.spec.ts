import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { describeAttack } from '../support/attack.ts'
import { startCanary } from '../support/canary.ts'
import { fixedClock } from '../support/clock.ts'
import { asS2STestIssuer, asTestIssuer, forgedCases } from '../support/forged.ts'
import { serveDocuments, startHttpsServer } from '../support/https-server.ts'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'
import { makeWorld, oauthAudience } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const canary = await startCanary()
after(() => canary.close())
const attackerUrl = canary.url

describeAttack(
  'rows 22 and 23: a key that the token brings itself',
  app,
  await forgedCases('header-key-injection', await asTestIssuer(oauth), { attackerUrl }),
)
describeAttack(
  'row 22: a key that the token of a farm brings itself',
  app,
  await forgedCases('header-key-injection', await asS2STestIssuer(farm), { attackerUrl }),
)

/** A discovered issuer on a server of its own: it may be asked, the attacker's may not. */
const discovered = await startHttpsServer((request, response) => {
  serveDocuments({ '/.well-known/openid-configuration': live.metadata(), '/jwks': live.jwks() })(request, response)
})
after(() => discovered.close())
const algorithms = ['RS256', 'ES256'] as const
const live = makeOAuthIssuer({ issuer: discovered.url, audience: oauthAudience, clock: fixedClock, algorithms })
const liveOptions = {
  audience: oauthAudience,
  clock: fixedClock,
  ca: discovered.ca,
  trustedIssuers: [{ type: 'openid', issuer: discovered.url }],
} as const

describeAttack(
  'rows 22 and 23: a key that the token of a discovered issuer brings',
  { ...app, s2s: liveOptions },
  await forgedCases('header-key-injection', await asTestIssuer(live), { attackerUrl }),
)

it('rows 22 and 23: nothing was fetched from the attacker, and of the issuer its own documents only', () => {
  assert.equal(canary.connections(), 0)
  const known = ['GET /.well-known/openid-configuration', 'GET /jwks']
  assert.deepEqual([...new Set(discovered.requests)], known)
})

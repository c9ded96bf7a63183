import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack } from '../support/attack.ts'
import { fixedClock } from '../support/clock.ts'
import { asS2STestIssuer, asTestIssuer, forgedCases } from '../support/forged.ts'
import { serveDocuments, startHttpServer, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { makeOAuthIssuer, type OAuthIssuer } from '../support/oauth-issuer.ts'
import { forgedJwt, readClaims } from '../support/tokens.ts'
import { dana, makeWorld, oauthAudience } from '../support/world.ts'

const { farm, otherFarm, options } = await makeWorld()

/** A working provider: its documents are right, its tokens verify with them. Only trust decides about it. */
async function startProvider(start: typeof startHttpsServer): Promise<{ server: LocalServer; issuer: OAuthIssuer }> {
  const server = await start((request, response) => {
    serveDocuments({
      '/.well-known/openid-configuration': issuer.metadata(),
      '/.well-known/oauth-authorization-server': issuer.metadata(),
      '/jwks': issuer.jwks(),
    })(request, response)
  })
  after(() => server.close())
  const issuer = makeOAuthIssuer({ issuer: server.url, audience: oauthAudience, clock: fixedClock, algorithms })
  return { server, issuer }
}

const algorithms = ['RS256', 'ES256'] as const
const trusted = await startProvider(startHttpsServer)
const attacker = await startProvider(startHttpsServer)
const plainAttacker = await startProvider(startHttpServer)
const scope = { scope: 'reports.read' }

const app = {
  s2s: {
    ...options,
    ca: [trusted.server.ca, attacker.server.ca],
    trustedIssuers: [...options.trustedIssuers, { type: 'openid', issuer: trusted.issuer.issuer }],
  },
  resources: { 'GET /reports/:id': 'reports.read' },
} as const

const untrusted = { status: 401, code: 'ERR_S2S_ISSUER_UNTRUSTED' } as const
const trustedToken = await trusted.issuer.token({ claims: scope })
const attackerUrl = attacker.issuer.issuer

/** Signed with the key of the trusted provider itself: only the name is another. */
function signedAs(iss: string): string {
  const claims = { ...readClaims(trustedToken), iss }
  const key = trusted.issuer.keyPair('RS256').privateKey
  return forgedJwt({ header: { alg: 'RS256', kid: 'RS256-0' }, claims, algorithm: 'RS256', key })
}

describeAttack('rows 35 to 37: an issuer that is spelt almost like ours', app, [
  ...(await forgedCases('issuer-spoofing', await asTestIssuer(trusted.issuer), { attackerUrl })),
  {
    name: 'iss our own name',
    token: signedAs(`${options.self?.clientId ?? ''}@${options.self?.realm ?? ''}`),
    ...untrusted,
  },
])
describeAttack(
  'rows 35 to 37: a farm that is spelt almost like ours',
  app,
  await forgedCases('issuer-spoofing', await asS2STestIssuer(farm), { attackerUrl }),
)
describeAttack(
  'rows 35 to 37: a self-issuer that is spelt almost like ours',
  app,
  await forgedCases('issuer-spoofing', await asS2STestIssuer(otherFarm), { attackerUrl }),
)

describeAttack("an attacker's own provider", app, [
  { name: 'row 37: one that works', token: await attacker.issuer.token({ claims: scope }), ...untrusted },
  {
    name: 'row 37: one that works, over http',
    token: await plainAttacker.issuer.token({ claims: scope }),
    ...untrusted,
  },
  {
    name: 'row 37: one that works, under a kid nobody knows',
    token: await attacker.issuer.token({ claims: scope, header: { kid: 'unknown' } }),
    ...untrusted,
  },
  {
    name: 'row 37: one that works, around an actor token',
    token: await farm.userToken({ ...dana }, await attacker.issuer.token({ claims: scope })),
    ...untrusted,
  },
])

it('rows 35 to 37: nothing was fetched, neither from the attacker nor from the issuer whose name was bent', () => {
  assert.deepEqual(attacker.server.requests, [])
  assert.deepEqual(plainAttacker.server.requests, [])
  assert.deepEqual(trusted.server.requests, [])
})

describeAccepted('the provider itself', app, [{ name: 'under its own name', token: trustedToken }])

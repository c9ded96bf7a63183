import { describeAccepted } from '../support/accepted.ts'
import { describeAttack } from '../support/attack.ts'
import { asS2STestIssuer, forgedCases } from '../support/forged.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { farm, options } = world
const resources = { 'GET /reports/:id': 'reports.read' } as const
const issuer = await asS2STestIssuer(farm)

describeAttack('row 58: a stand-in for the actor token', { s2s: options, resources }, [
  ...(await forgedCases('actor-token-stand-ins', issuer)),
  ...(await forgedCases('acs-user-token', issuer)),
])

const accepting = options.trustedIssuers.map((trusted) =>
  trusted.name === 'farm' ? { ...trusted, acceptsUserTokens: true } : trusted,
) as typeof options.trustedIssuers
const app = { s2s: { ...options, trustedIssuers: accepting }, resources }
const acs = await asS2STestIssuer(farm, { acceptsUserTokens: true })

describeAttack('row 58: a user token of an ACS that is believed', app, [
  ...(await forgedCases('acs-user-token', acs)),
  {
    name: 'actor of the realm of another farm',
    token: acs.acsUserToken({ claims: { actor: world.otherFarm.applicationName } }),
    status: 401,
    code: 'ERR_S2S_REALM_MISMATCH',
  },
  {
    name: 'an application that may not act for users',
    token: acs.acsUserToken({ claims: { actor: farm.issuerName } }),
    status: 403,
    code: 'ERR_S2S_DELEGATION_NOT_ALLOWED',
  },
])

describeAccepted('a user token of an ACS that is believed', app, [
  { name: 'a signed token with actor', token: acs.acsUserToken() },
])

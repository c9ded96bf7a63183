import { describeAccepted } from '../support/accepted.ts'
import { describeAttack } from '../support/attack.ts'
import { asS2STestIssuer, forgedCases } from '../support/forged.ts'
import { makeWorld, oauthAudience, self } from '../support/world.ts'

const world = await makeWorld()
const app = { s2s: world.options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const farm = await asS2STestIssuer(world.farm)
const { clientId, realm } = self
const host = 'portal.fabrikam.example'
const withPort = `${clientId}/${host}:8443@${realm}`

/** The pair with another audience in the outer token, in the actor token, or in both. */
const pair = (outer: object, actor: object = {}): string =>
  farm.userToken({ claims: { ...outer, actortoken: farm.actorToken({ claims: { ...actor } }) } })

describeAttack('row 49: a token meant for another server', app, await forgedCases('actor-token-audience', farm))

/** What only a server with these names can mix up. */
const others: Readonly<Record<string, string>> = {
  'of another port': `${clientId}/${host}:9443@${realm}`,
  'of the default port': `${clientId}/${host}:443@${realm}`,
  'the host alone': host,
  'our OAuth audience': oauthAudience,
  'with the application in upper case': `${clientId.toUpperCase()}/${host}@${realm}`,
}

describeAttack('row 49: a token meant for another name of this server', app, [
  ...Object.entries(others).flatMap(([name, aud]) => {
    const answer = { status: 401, code: 'ERR_S2S_AUDIENCE_MISMATCH' } as const
    return [
      { name: `aud of the outer token ${name}`, token: pair({ aud }), ...answer },
      { name: `aud of the actor token ${name}`, token: pair({}, { aud }), ...answer },
      { name: `app-only, aud ${name}`, token: farm.appToken({ claims: { aud } }), ...answer },
    ]
  }),
  {
    name: 'our two audiences swapped (port in the outer token only)',
    token: pair({ aud: withPort }),
    status: 401,
    code: 'ERR_S2S_ACTOR_MISMATCH',
  },
  {
    name: 'our two audiences swapped (port in the actor token only)',
    token: pair({}, { aud: withPort }),
    status: 401,
    code: 'ERR_S2S_ACTOR_MISMATCH',
  },
])

const loud = `${clientId}/Portal.FABRIKAM.example@${realm}`
describeAccepted('a token meant for this server', app, [
  { name: 'a host in upper case in the outer token', token: pair({ aud: loud }) },
  { name: 'a host in upper case in the actor token', token: pair({}, { aud: loud }) },
  { name: 'app-only, a host in upper case', token: farm.appToken({ claims: { aud: loud } }) },
  { name: 'our host with its port in both tokens', token: pair({ aud: withPort }, { aud: withPort }) },
  { name: 'the genuine pair', token: farm.userToken() },
])

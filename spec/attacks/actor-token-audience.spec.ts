import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { takeApart } from '../support/token-parts.ts'
import { makeWorld, oauthAudience, s2sAudience, self } from '../support/world.ts'

const world = await makeWorld()
const { actorToken, forgeActor, forgeOuter } = await takeApart(world.farm)
const resources = { 'GET /reports/:id': 'reports.read' } as const
const { clientId, realm } = self
const host = 'portal.fabrikam.example'
const mismatch = 'ERR_S2S_AUDIENCE_MISMATCH'
const invalid = 'ERR_S2S_CLAIM_INVALID'

const audiences: readonly [name: string, aud: unknown, code: AttackCase['code']][] = [
  ['of another host', `${clientId}/intranet.fabrikam.example@${realm}`, mismatch],
  ['of another realm', `${clientId}/${host}@52aa6841-b76b-4ed4-a3d7-a259fce1dfa2`, mismatch],
  ['of any realm', `${clientId}/${host}@*`, mismatch],
  ['of another application', `00000002-0000-0ff1-ce00-000000000000/${host}@${realm}`, mismatch],
  ['with the realm in upper case', `${clientId}/${host}@${realm.toUpperCase()}`, mismatch],
  ['with the application in upper case', `${clientId.toUpperCase()}/${host}@${realm}`, mismatch],
  ['of another port', `${clientId}/${host}:9443@${realm}`, mismatch],
  ['of the default port', `${clientId}/${host}:443@${realm}`, mismatch],
  ['of a host below ours', `${clientId}/a.${host}@${realm}`, mismatch],
  ['of a host that ends in ours', `${clientId}/evil${host}@${realm}`, mismatch],
  ['of a host that begins with ours', `${clientId}/${host}.evil.example@${realm}`, mismatch],
  ['with a dot after the host', `${clientId}/${host}.@${realm}`, mismatch],
  ['without host', `${clientId}@${realm}`, mismatch],
  ['without realm', `${clientId}/${host}`, mismatch],
  ['with an empty realm', `${clientId}/${host}@`, mismatch],
  ['the application alone', clientId, mismatch],
  ['the host alone', host, mismatch],
  ['with a path', `${clientId}/${host}/reports@${realm}`, mismatch],
  ['after a space', ` ${s2sAudience}`, mismatch],
  ['before a space', `${s2sAudience} `, mismatch],
  ['before a newline', `${s2sAudience}\n`, mismatch],
  ['two in one text', `${s2sAudience} ${s2sAudience}`, mismatch],
  ['two with a comma', `${s2sAudience},${s2sAudience}`, mismatch],
  ['the token endpoint', 'https://accounts.accesscontrol.windows.net/tokens/OAuth/2', mismatch],
  ['our OAuth audience', oauthAudience, mismatch],
  ['an asterisk', '*', mismatch],
  ['missing', undefined, invalid],
  ['empty', '', invalid],
  ['null', null, invalid],
  ['a number', 3, invalid],
  ['true', true, invalid],
  ['an object', { aud: s2sAudience }, invalid],
  ['a list', [s2sAudience], invalid],
  ['an empty list', [], invalid],
]

const withPort = `${clientId}/${host}:8443@${realm}`

const cases: AttackCase[] = [
  ...audiences.flatMap(([name, aud, code]) => [
    { name: `row 49: aud of the outer token ${name}`, token: forgeOuter({ claims: { aud } }), status: 401, code },
    {
      name: `row 49: aud of the actor token ${name}`,
      token: forgeOuter({ claims: { actortoken: forgeActor({ claims: { aud } }) } }),
      status: 401,
      code,
    },
    { name: `row 49: app-only, aud ${name}`, token: forgeActor({ claims: { aud } }), status: 401, code },
  ]),
  {
    name: 'row 49: both tokens for another server',
    token: forgeOuter({
      claims: { aud: audiences[0]?.[1], actortoken: forgeActor({ claims: { aud: audiences[0]?.[1] } }) },
    }),
    status: 401,
    code: mismatch,
  },
  {
    name: 'row 49: our two audiences swapped (port in the outer token only)',
    token: forgeOuter({ claims: { aud: withPort } }),
    status: 401,
    code: 'ERR_S2S_ACTOR_MISMATCH',
  },
  {
    name: 'row 49: our two audiences swapped (port in the actor token only)',
    token: forgeOuter({ claims: { actortoken: forgeActor({ claims: { aud: withPort } }) } }),
    status: 401,
    code: 'ERR_S2S_ACTOR_MISMATCH',
  },
]

describeAttack('a token meant for another server', { s2s: world.options, resources }, cases)

const loud = `${clientId}/Portal.FABRIKAM.example@${realm}`
describeAccepted('a token meant for this server', { s2s: world.options, resources }, [
  { name: 'a host in upper case in the outer token', token: forgeOuter({ claims: { aud: loud } }) },
  {
    name: 'a host in upper case in the actor token',
    token: forgeOuter({ claims: { actortoken: forgeActor({ claims: { aud: loud } }) } }),
  },
  { name: 'app-only, a host in upper case', token: forgeActor({ claims: { aud: loud } }) },
  {
    name: 'our host with its port in both tokens',
    token: forgeOuter({ claims: { aud: withPort, actortoken: forgeActor({ claims: { aud: withPort } }) } }),
  },
  { name: 'the genuine pair', token: forgeOuter({ claims: { actortoken: actorToken } }) },
])

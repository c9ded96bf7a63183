import { describeAccepted } from '../support/accepted.ts'
import { describeAttack } from '../support/attack.ts'
import { asS2STestIssuer, asTestIssuer, forgedCases } from '../support/forged.ts'
import { makeWorld, oauthAudience as audience, s2sAudience, self } from '../support/world.ts'

const world = await makeWorld()
const app = { s2s: world.options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const oauth = await asTestIssuer(world.oauth)
const farm = await asS2STestIssuer(world.farm)
const mismatch = { status: 401, code: 'ERR_S2S_AUDIENCE_MISMATCH' } as const
const invalid = { status: 401, code: 'ERR_S2S_CLAIM_INVALID' } as const
const { clientId, realm } = self
const host = 'portal.fabrikam.example'

const oauthToken = (aud: unknown): string => oauth.appToken({ scopes: ['reports.read'], claims: { aud } })
const farmToken = (aud: unknown): string => farm.appToken({ claims: { aud } })

describeAttack(
  'rows 32 to 34: a token without a readable audience, or for somebody else',
  app,
  await forgedCases('audience-mismatch', oauth),
)
describeAttack(
  'rows 32 to 34: a token of a farm without a readable audience, or for somebody else',
  app,
  await forgedCases('audience-mismatch', farm),
)

/** What only a server of both protocols, with a port of its own, can mix up. */
describeAttack('row 33: a token that is meant for another name of ours', app, [
  { name: 'aud our S2S audience', token: oauthToken(s2sAudience), ...mismatch },
  { name: 'aud our client id', token: oauthToken(clientId), ...mismatch },
  { name: 'aud the host alone', token: oauthToken('reports.example.com'), ...mismatch },
  { name: 'aud a list in a list, S2S', token: oauthToken([[s2sAudience]]), ...invalid },
  { name: 'aud our OAuth audience, of a farm', token: farmToken(audience), ...mismatch },
  {
    name: 'aud the host of the request, of a farm',
    token: farmToken(`${clientId}/localhost@${realm}`),
    ...mismatch,
  },
  {
    name: 'aud the realm of another trusted farm, of a farm',
    token: farmToken(`${clientId}/${host}@${world.otherFarm.issuerName.replace(/^.*@/, '')}`),
    ...mismatch,
  },
  {
    name: 'aud port 443 of another one, of a farm',
    token: farmToken(`${clientId}/${host}:443@${realm}`),
    ...mismatch,
  },
])

describeAccepted('a token that is meant for us', app, [
  { name: 'among others', token: oauthToken(['svc', audience]) },
  { name: 'with our port, of a farm', token: farmToken(`${clientId}/${host}:8443@${realm}`) },
  {
    name: 'with the host in capitals, of a farm',
    token: farmToken(`${clientId}/${host.toUpperCase()}@${realm}`),
  },
])

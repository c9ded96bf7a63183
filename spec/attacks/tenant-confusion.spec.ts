import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import type { S2SOptions } from 'passport-s2s'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { makeCertificate } from '../support/certificates.ts'
import { fixedClock } from '../support/clock.ts'
import {
  api,
  callingApplication,
  consumerTenant,
  entraKey,
  startEntra,
  tokenService,
  type EntraTokenChanges,
} from '../support/entra.ts'
import { compact } from '../support/tokens.ts'

/**
 * One service signs for every tenant there is, with the same keys: a genuine signature says nothing about the tenant. Two
 * tenants are trusted here; the attacker owns the second, or a third, or a consumer account.
 */
const victim = '72f988bf-86f1-41af-91ab-2d7cd011db47'
const attacker = 'fa15d692-e9c7-4460-a743-29f2956fd429'
const stranger = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490'
const host = 'reports.contoso.example'
const audienceIn = (tenant: string): string => `${api}/${host}@${tenant}`

const entra = await startEntra(fixedClock)
after(() => entra.close())

const login = 'https://login.microsoftonline.com'
const ofAttacker = await makeCertificate({ commonName: 'key of one tenant' })
const unnamed = await makeCertificate({ commonName: 'key that does not say whose it is' })
const national = await makeCertificate({ commonName: 'login.microsoftonline.us' })
const foreign = await makeCertificate({ commonName: 'key of another cloud' })
entra.furtherKeys.push(
  entraKey(ofAttacker, `${login}/${attacker}/v2.0`),
  entraKey(unnamed),
  entraKey(foreign, 'https://login.microsoftonline.us/{tenantid}/v2.0'),
  { ...entraKey(national, `${login}/{tenantid}/v2.0`), cloud_instance_name: 'microsoftonline.us' },
)

const options: S2SOptions = {
  agent: entra.agent,
  clock: fixedClock,
  audience: [api, `api://${api}`],
  self: { clientId: api, realm: victim, hosts: [host] },
  trustedIssuers: [
    {
      type: 'microsoft365',
      tenants: [victim, attacker],
      allowDelegation: { applications: [`${callingApplication}@${victim}`] },
    },
  ],
  grants: [
    {
      issuer: `${tokenService}@${victim}`,
      application: callingApplication,
      permissions: ['reports.read', 'Reports.Read.All'],
      appOnly: true,
    },
  ],
  userRights: () => ['reports.read'],
}
const app = { s2s: options, resources: { 'GET /reports/:id': { scope: 'reports.read', appRole: 'Reports.Read.All' } } }

const v1 = (changes?: EntraTokenChanges): Promise<string> => entra.v1Token(victim, changes)
const v2 = (changes?: EntraTokenChanges): Promise<string> => entra.v2Token(victim, changes)
const iss = (text: string): Promise<string> => v2({ claims: { iss: text } })
const as = (code: string): Pick<AttackCase, 'status' | 'code'> => ({ status: 401, code })

describeAttack('a genuine signature over another tenant', app, [
  ...(await Promise.all(
    (
      [
        ['tid of another trusted tenant', { tid: attacker }, 'ERR_S2S_REALM_MISMATCH'],
        ['tid of a stranger', { tid: stranger }, 'ERR_S2S_REALM_MISMATCH'],
        ['tid in other letter case', { tid: victim.toUpperCase() }, 'ERR_S2S_REALM_MISMATCH'],
        ['the template as tid', { tid: '{tenantid}' }, 'ERR_S2S_REALM_MISMATCH'],
        ['no tid', { tid: undefined }, 'ERR_S2S_CLAIM_INVALID'],
        ['an empty tid', { tid: '' }, 'ERR_S2S_CLAIM_INVALID'],
        ['two tids', { tid: [victim, attacker] }, 'ERR_S2S_CLAIM_INVALID'],
      ] as const
    ).flatMap(([name, claims, code]) => [
      v1({ claims }).then((token): AttackCase => ({ name: `${name} (v1)`, token, ...as(code) })),
      v2({ claims }).then((token): AttackCase => ({ name: `${name} (v2)`, token, ...as(code) })),
    ]),
  )),
  {
    name: "the attacker's tenant in iss, the victim's in tid",
    token: await entra.v2Token(attacker, { claims: { tid: victim } }),
    ...as('ERR_S2S_REALM_MISMATCH'),
  },
  { name: 'a tenant that is not listed', token: await entra.v2Token(stranger), ...as('ERR_S2S_ISSUER_UNTRUSTED') },
  ...(await Promise.all(
    [
      `${login}/{tenantid}/v2.0`,
      `${login}/common/v2.0`,
      `${login}/organizations/v2.0`,
      `${login}/consumers/v2.0`,
      `${login}/${consumerTenant}/v2.0`,
      `${login}/${victim}/v2.0/`,
      `${login}/${victim}/`,
      `${login}/${victim}`,
      `${login}/${victim.toUpperCase()}/v2.0`,
      `${login}//${victim}/v2.0`,
      `https://login.microsoftonline.us/${victim}/v2.0`,
      `https://login.windows.net/${victim}/v2.0`,
      `https://sts.windows.net/${victim}`,
      'https://sts.windows.net/{tenantid}/',
      `https://sts.windows.net/${victim}/../${attacker}/`,
    ].map(async (text): Promise<AttackCase> => {
      return {
        name: `an iss that only looks like the tenant's: ${text}`,
        token: await iss(text),
        ...as('ERR_S2S_ISSUER_UNTRUSTED'),
      }
    }),
  )),
])

const unknown = as('ERR_S2S_KEY_UNKNOWN')
describeAttack('a published key that may not vouch for the tenant', app, [
  { name: 'the key of consumer accounts (Storm-0558)', token: await v2({ signer: entra.consumer }), ...unknown },
  {
    name: "the key of consumer accounts under the business key's kid",
    token: await v2({ signer: entra.consumer, header: { kid: entra.business.x5t } }),
    ...as('ERR_S2S_SIGNATURE_INVALID'),
  },
  { name: 'the key of consumer accounts for a v1 token', token: await v1({ signer: entra.consumer }), ...unknown },
  { name: 'the key of one other trusted tenant', token: await v2({ signer: ofAttacker }), ...unknown },
  { name: 'a key of the shared set that does not say whose it is', token: await v2({ signer: unnamed }), ...unknown },
  { name: 'a key whose issuer is of another cloud', token: await v2({ signer: foreign }), ...unknown },
  { name: 'a key of a national cloud for every tenant', token: await v2({ signer: national }), ...unknown },
])

describeAccepted('the tenant and the key that are meant', app, [
  { name: 'the victim by v1', token: await v1() },
  { name: 'the victim by v2', token: await v2() },
  { name: 'the attacker as itself', token: await entra.v2Token(attacker) },
  { name: 'the attacker by its own key', token: await entra.v2Token(attacker, { signer: ofAttacker }) },
  {
    name: 'a user of the attacker, who is not the user of the same name of the victim',
    token: await entra.delegatedToken(attacker),
    check: ({ user }) => {
      assert.equal(user?.issuer, `microsoft365:${attacker}:v2`)
    },
  },
])

const victimService = await entra.s2s(victim, audienceIn(victim))
const attackerService = await entra.s2s(attacker, audienceIn(attacker))
const strangerService = await entra.s2s(stranger, audienceIn(stranger))
const dana = { upn: 'dana@contoso.example' }
const actor = await attackerService.actorToken()
const outer = (claims: object): string => compact({ typ: 'JWT', alg: 'none' }, claims)
const times = { nbf: '1798762800', exp: '1798766400' }

describeAttack('an S2S token of another tenant (CVE-2025-55241)', app, [
  {
    name: "the attacker's token, as it was issued, without a grant in that tenant",
    token: await attackerService.appOnlyToken(),
    status: 403,
    code: 'ERR_S2S_GRANT_MISSING',
  },
  {
    name: "the attacker's issuer, a token for the victim's realm",
    token: await attackerService.appOnlyToken({ aud: audienceIn(victim) }),
    ...as('ERR_S2S_AUDIENCE_MISMATCH'),
  },
  {
    name: "the attacker's issuer, the victim's application",
    token: await attackerService.appOnlyToken({ nameid: victimService.applicationName }),
    ...as('ERR_S2S_REALM_MISMATCH'),
  },
  {
    name: "the victim's issuer, the attacker's application",
    token: await victimService.appOnlyToken({ nameid: attackerService.applicationName }),
    ...as('ERR_S2S_REALM_MISMATCH'),
  },
  {
    name: "the attacker's actor token in an outer token of the victim's application",
    token: await victimService.userToken(dana, actor),
    ...as('ERR_S2S_ACTOR_MISMATCH'),
  },
  {
    name: "the attacker's actor token in an outer token for the victim's realm",
    token: outer({
      ...times,
      ...dana,
      aud: audienceIn(victim),
      iss: attackerService.applicationName,
      actortoken: actor,
    }),
    ...as('ERR_S2S_AUDIENCE_MISMATCH'),
  },
  {
    name: 'everything of the attacker, the user of the victim',
    token: await attackerService.userToken({ ...dana, tid: victim }),
    status: 403,
    code: 'ERR_S2S_DELEGATION_NOT_ALLOWED',
  },
  {
    name: 'a tenant that is not listed',
    token: await strangerService.appOnlyToken({ aud: audienceIn(victim) }),
    ...as('ERR_S2S_ISSUER_UNTRUSTED'),
  },
  ...(await Promise.all(
    ['*', '{tenantid}', 'common', victim.toUpperCase(), ''].map(async (realm): Promise<AttackCase> => {
      const token = await victimService.appOnlyToken({ iss: `${tokenService}@${realm}` })
      return { name: `the tenant written as ${JSON.stringify(realm)}`, token, ...as('ERR_S2S_ISSUER_UNTRUSTED') }
    }),
  )),
  {
    name: 'an OAuth token as actor token',
    token: await victimService.userToken(dana, await v2()),
    ...as('ERR_S2S_TOKEN_TYPE'),
  },
  {
    name: 'an S2S issuer in the shape of an OAuth token',
    token: await v2({ claims: { iss: `${tokenService}@${victim}` }, header: { x5t: entra.business.x5t } }),
    ...as('ERR_S2S_CLAIM_INVALID'),
  },
  {
    name: 'an OAuth issuer in the shape of an S2S token',
    token: await victimService.appOnlyToken({ iss: `${login}/${victim}/v2.0` }),
    ...as('ERR_S2S_AUDIENCE_MISMATCH'),
  },
])

describeAccepted('the S2S tokens that are meant', app, [
  { name: 'the victim app-only', token: await victimService.appOnlyToken() },
  { name: 'the victim for a user', token: await victimService.userToken(dana) },
])

it('no token of a stranger made us ask anybody about that tenant', () => {
  const about = [stranger, consumerTenant, 'organizations', 'consumers', 'tenantid']
  assert.deepEqual(
    entra.requests.filter((place) => about.some((tenant) => place.includes(tenant))),
    [],
  )
})

import { after } from 'node:test'
import type { S2SPrincipal } from '../../../lib/identity/principal.ts'
import { fixedClock } from '../../support/clock.ts'
import { describeDialect } from '../../support/dialect-table.ts'
import { api, callingApplication, startEntra } from '../../support/entra.ts'

const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47'
const entra = await startEntra(fixedClock)
after(() => entra.close())

const v1 =
  (claims: object = {}) =>
  (): Promise<string> =>
    entra.v1Token(tenant, { claims: { ...claims } })
const v2 =
  (claims: object = {}) =>
  (): Promise<string> =>
    entra.v2Token(tenant, { claims: { ...claims } })
const delegated =
  (claims: object = {}) =>
  (): Promise<string> =>
    entra.delegatedToken(tenant, { claims: { ...claims } })

const person = 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ'
const servicePrincipal = '02223b6b-aa1d-42d4-9ec0-1b2bb9194438'
const role = 'Reports.Read.All'

function principal(version: 'v1' | 'v2', changes: Partial<S2SPrincipal> = {}): Omit<S2SPrincipal, 'token'> {
  return {
    kind: 'app',
    application: { id: callingApplication },
    issuer: `microsoft365:${tenant}:${version}`,
    actorChain: [callingApplication],
    permissions: [role],
    ...changes,
  }
}

/** Somebody, perhaps: without the app roles that applications have. */
function user(id: string, permissions: readonly string[] = []): Partial<S2SPrincipal> {
  return { kind: 'user+app', user: { issuer: `microsoft365:${tenant}:v2`, id }, permissions }
}

describeDialect('tokens of Entra', {
  server: {
    audience: [api, `api://${api}`],
    agent: entra.agent,
    trustedIssuers: [{ type: 'microsoft365', tenantId: tenant, applications: [callingApplication] }],
  },
  accepted: [
    ['an application on its own, v1', v1(), principal('v1')],
    ['an application on its own, v2', v2(), principal('v2')],
    ['one without the optional claim idtyp, v1', v1({ idtyp: undefined }), principal('v1')],
    ['one without the optional claim idtyp, v2', v2({ idtyp: undefined }), principal('v2')],
    ['an application for a user', delegated(), principal('v2', user(person, ['reports.read']))],
    [
      'an application for a guest of another tenant',
      delegated({ acct: 1, idp: 'https://sts.windows.net/8c5e1f27-4d3b-4a90-b6e8-0d9c7a5b2f14/' }),
      principal('v2', user(person, ['reports.read'])),
    ],
    ['idtyp user', delegated({ idtyp: 'user' }), principal('v2', user(person, ['reports.read']))],
    // Tokens that could be taken for more than they are.
    [
      'app roles of a guest, without the roles',
      delegated({ acct: 1, scp: undefined, roles: [role] }),
      principal('v2', user(person)),
    ],
    [
      'idtyp app beside delegated scopes, without the roles',
      v2({ scp: 'x' }),
      principal('v2', user(servicePrincipal, ['x'])),
    ],
    [
      'a client that did not authenticate itself, without the roles',
      v2({ azpacr: '0' }),
      principal('v2', user(servicePrincipal)),
    ],
    ['a device, without the roles', v2({ idtyp: 'device' }), principal('v2', user(servicePrincipal))],
    [
      'an object id that is not the subject, without the roles',
      v2({ idtyp: undefined, oid: tenant }),
      principal('v2', user(servicePrincipal)),
    ],
  ],
  refused: [
    [
      'a tenant that is not listed',
      () => entra.v2Token('8c5e1f27-4d3b-4a90-b6e8-0d9c7a5b2f14'),
      'ERR_S2S_ISSUER_UNTRUSTED',
    ],
    ['another tenant in tid', v2({ tid: '8c5e1f27-4d3b-4a90-b6e8-0d9c7a5b2f14' }), 'ERR_S2S_REALM_MISMATCH'],
    ['no tid', v1({ tid: undefined }), 'ERR_S2S_CLAIM_INVALID'],
    ['an application that is not listed, v2', v2({ azp: tenant }), 'ERR_S2S_APPLICATION_NOT_ALLOWED'],
    ['an application that is not listed, v1', v1({ appid: tenant }), 'ERR_S2S_APPLICATION_NOT_ALLOWED'],
    ['an application that is not listed, for a user', delegated({ azp: tenant }), 'ERR_S2S_APPLICATION_NOT_ALLOWED'],
    ['two applications in one token', v2({ appid: tenant }), 'ERR_S2S_CLAIM_INVALID'],
    ['no application', v2({ azp: undefined }), 'ERR_S2S_CLAIM_INVALID'],
    ['an application that is a list', v2({ azp: [callingApplication] }), 'ERR_S2S_CLAIM_INVALID'],
    ['an azpacr that is a number', v2({ azpacr: 2 }), 'ERR_S2S_CLAIM_INVALID'],
    ['the issuer of the other version', v2({ iss: `https://sts.windows.net/${tenant}` }), 'ERR_S2S_ISSUER_UNTRUSTED'],
    ['a token for Microsoft Graph', v1({ aud: 'https://graph.microsoft.com' }), 'ERR_S2S_AUDIENCE_MISMATCH'],
    ['an actor that is not the application', v2({ act: { sub: tenant } }), 'ERR_S2S_CLAIM_INVALID'],
    ['the key of consumer accounts', () => entra.v2Token(tenant, { signer: entra.consumer }), 'ERR_S2S_KEY_UNKNOWN'],
  ],
})

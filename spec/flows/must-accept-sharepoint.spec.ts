import assert from 'node:assert/strict'
import type { S2SPrincipal } from 'passport-s2s'
import { describeAccepted, type AcceptedCase } from '../support/accepted.ts'
import { NOW } from '../support/clock.ts'
import type { Claims } from '../support/farm.ts'
import { takeApart, type ActorForgery, type OuterForgery } from '../support/token-parts.ts'
import { encodePart, signText } from '../support/tokens.ts'
import { dana, makeWorld, s2sAudience, self } from '../support/world.ts'

/** What no server may refuse: honest tokens as SharePoint, Exchange and their clients really make them. */
const { farm, otherFarm, options } = await makeWorld()
const parts = await takeApart(farm)
const app = {
  s2s: {
    ...options,
    grants: [
      { issuer: 'farm', application: nameOf(farm.applicationName).id, permissions: ['reports.read'], appOnly: true },
      { issuer: 'other farm', application: otherFarm.applicationName, permissions: ['reports.read'], appOnly: true },
    ],
  },
  resources: { 'GET /reports/:id': 'reports.read' },
} as const

type Check = NonNullable<AcceptedCase['check']>

function nameOf(applicationName: string): { readonly id: string; readonly realm: string } {
  const [id = '', realm = ''] = applicationName.split('@')
  return { id, realm }
}

function withoutToken({ token: _token, ...principal }: S2SPrincipal): Partial<S2SPrincipal> {
  return principal
}

/** An application on its own. */
function isApplication(application: { readonly id: string; readonly realm: string }, issuer: string): Check {
  return (principal, events) => {
    const permissions = ['reports.read']
    assert.deepEqual(withoutToken(principal), {
      kind: 'app',
      application,
      issuer,
      actorChain: [application.id],
      permissions,
    })
    assert.equal(principal.token.format, 's2s-app')
    assert.equal(events[0]?.name, 'token.accepted')
  }
}

const isFarm = isApplication(nameOf(farm.applicationName), 'farm')
const danaHerself = { id: dana.nameid, nii: dana.nii, upn: dana.upn }

/** The farm's application, for a user. */
function isForUser(user: object = danaHerself, expiresAt = NOW + 3000): Check {
  return (principal, events) => {
    const application = nameOf(farm.applicationName)
    assert.deepEqual(withoutToken(principal), {
      kind: 'user+app',
      application,
      user: { issuer: 'farm', realm: application.realm, ...user },
      issuer: 'farm',
      actorChain: [application.id],
      permissions: ['reports.read'],
    })
    assert.equal(principal.token.format, 's2s-user')
    assert.equal(principal.token.expiresAt, expiresAt)
    assert.equal(events[0]?.name, 'delegation.accepted')
  }
}

interface Pair {
  readonly actor?: ActorForgery
  readonly outer?: OuterForgery
  readonly check?: Check
}

/** A genuine outer token around a genuine actor token; only the named members differ from the usual ones. */
function pair(name: string, { actor, outer, check = isForUser() }: Pair = {}): AcceptedCase {
  const actortoken = parts.forgeActor(actor)
  return { name, token: parts.forgeOuter({ ...outer, claims: { ...outer?.claims, actortoken } }), check }
}

function forUser(name: string, claims: Claims, user: object): AcceptedCase {
  const nobody = { nameid: undefined, nii: undefined, upn: undefined }
  return pair(name, { outer: { claims: { ...nobody, ...claims } }, check: isForUser(user) })
}

function appOnly(name: string, { header, claims }: Pick<ActorForgery, 'header' | 'claims'> = {}): AcceptedCase {
  const token = parts.forgeActor({ ...(header && { header }), claims: { trustedfordelegation: undefined, ...claims } })
  return { name, token, check: isFarm }
}

const numbers = { nbf: NOW - 600, exp: NOW + 3000 }
const texts = { nbf: String(NOW - 600), exp: String(NOW + 3000) }
const audienceWithPort = s2sAudience.replace('/portal.fabrikam.example', '/portal.fabrikam.example:8443')
const windows = 'urn:office:idp:activedirectory'

describeAccepted('user tokens of a farm that must be accepted', app, [
  pair('the Microsoft sample: dates as texts, "true"', { actor: { claims: texts }, outer: { claims: texts } }),
  pair('dates as numbers', { actor: { claims: numbers }, outer: { claims: numbers } }),
  pair('numbers inside, texts outside', { actor: { claims: numbers }, outer: { claims: texts } }),
  pair('texts inside, numbers outside', { actor: { claims: texts }, outer: { claims: numbers } }),
  pair('a number and a text in one token', { actor: { claims: { ...texts, nbf: numbers.nbf } } }),
  pair('trustedfordelegation as the boolean true', { actor: { claims: { trustedfordelegation: true } } }),
  pair('trustedfordelegation as the text "true"', { actor: { claims: { trustedfordelegation: 'true' } } }),
  pair('isloopback, appctx, ver and more claims outside', {
    outer: {
      claims: {
        isloopback: true,
        appctx: '{"msexchuid":"x","amurl":"https://portal.fabrikam.example/autodiscover/metadata/json/1"}',
        appctxsender: `${self.clientId}@${self.realm}`,
        identityprovider: 'urn:federation:fabrikam',
        ver: 'exchange',
      },
    },
  }),
  pair('more claims inside', {
    actor: { claims: { identityprovider: farm.issuerName, oid: 'x', sub: 'x', ver: '1.0' } },
  }),
  pair('kid beside x5t', { actor: { header: { kid: farm.certificate.x5t } } }),
  pair('an actor header without typ', { actor: { header: { typ: undefined } } }),
  pair('an outer header without typ', { outer: { header: { typ: undefined } } }),
  pair('x5t#S256 beside x5t', { actor: { header: { 'x5t#S256': farm.certificate.x5tS256 } } }),
  pair('clocks that differ by 20 seconds', {
    actor: { claims: { nbf: NOW + 20, exp: NOW + 3000 } },
    outer: { claims: { nbf: NOW + 20, exp: NOW + 3000 } },
  }),
  pair('a token that ended 20 seconds ago', {
    actor: { claims: { nbf: NOW - 600, exp: NOW - 20 } },
    check: isForUser(danaHerself, NOW - 20),
  }),
  pair('an outer token that outlives its actor', {
    actor: { claims: { nbf: NOW - 600, exp: NOW + 300 } },
    check: isForUser(danaHerself, NOW + 300),
  }),
  pair('a host with its port in aud', {
    actor: { claims: { aud: audienceWithPort } },
    outer: { claims: { aud: audienceWithPort } },
  }),
  pair('a host in capitals in aud', {
    outer: { claims: { aud: s2sAudience.replace('portal.fabrikam.example', 'PORTAL.fabrikam.example') } },
  }),
])

describeAccepted('names of users that must be accepted', app, [
  forUser('a Windows SID', { nameid: dana.nameid, nii: windows }, { id: dana.nameid, nii: windows }),
  forUser(
    'a claims account with a bar and a backslash',
    { nameid: '0#.w|fabrikam\\dana', nii: windows },
    { id: '0#.w|fabrikam\\dana', nii: windows },
  ),
  forUser(
    'a claims account of a provider',
    { nameid: 'i:0e.t|adfs|dana@fabrikam.example', nii: 'trusted:adfs' },
    { id: 'i:0e.t|adfs|dana@fabrikam.example', nii: 'trusted:adfs' },
  ),
  forUser(
    'nameid, upn, smtp and sip',
    { ...dana, smtp: 'dana@fabrikam.example', sip: 'sip:dana@fabrikam.example' },
    { ...danaHerself, smtp: 'dana@fabrikam.example', sip: 'sip:dana@fabrikam.example' },
  ),
  forUser(
    'letters beyond ASCII',
    { nameid: dana.nameid, upn: 'd\u00e1na@fabrikam.example' },
    { id: dana.nameid, upn: 'd\u00e1na@fabrikam.example' },
  ),
])

/** The members of the header in another order. */
function reorderedHeader(): string {
  const header = { x5t: farm.certificate.x5t, alg: 'RS256', typ: 'JWT' }
  const claims = { ...parts.actorClaims, trustedfordelegation: undefined }
  const signingInput = `${encodePart(header)}.${encodePart(claims)}`
  return `${signingInput}.${signText(signingInput, 'RS256', farm.certificate.privateKey).toString('base64url')}`
}

describeAccepted('app-only tokens of a farm that must be accepted', app, [
  appOnly('dates as texts', { claims: texts }),
  appOnly('dates as numbers', { claims: numbers }),
  { name: 'x5t first in the header', token: reorderedHeader(), check: isFarm },
  appOnly('kid beside x5t', { header: { kid: farm.certificate.x5t } }),
  appOnly('a life of 24 hours around now, iat after nbf', {
    claims: { nbf: NOW - 43_200, iat: NOW, exp: NOW + 43_200 },
  }),
  appOnly('an actor token on its own', { claims: { trustedfordelegation: 'true' } }),
  appOnly('the shape of ACS', {
    claims: {
      iat: String(NOW - 600),
      identityprovider: farm.issuerName,
      oid: '5a0cbd2e-6e0c-4f0a-9c1e-0a1b2c3d4e5f',
      sub: '5a0cbd2e-6e0c-4f0a-9c1e-0a1b2c3d4e5f',
      trustedfordelegation: 'false',
    },
  }),
  {
    name: 'a server that speaks for itself',
    token: await otherFarm.appOnlyToken(),
    check: isApplication(nameOf(otherFarm.applicationName), 'other farm'),
  },
])

import assert from 'node:assert/strict'
import { after, it } from 'node:test'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { fixedClock } from '../support/clock.ts'
import { serveDocuments, startHttpServer, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { makeOAuthIssuer, type OAuthIssuer } from '../support/oauth-issuer.ts'
import { forgedJwt, readClaims } from '../support/tokens.ts'
import { dana, makeWorld, oauthAudience } from '../support/world.ts'

const { farm, options } = await makeWorld()

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
  const issuer = makeOAuthIssuer({ issuer: server.url, audience: oauthAudience, clock: fixedClock })
  return { server, issuer }
}

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
const invalid = { status: 401, code: 'ERR_S2S_CLAIM_INVALID' } as const

/** Signed with the key of the trusted provider itself: only the name is another. */
function signedAs(iss: unknown, kid = 'RS256-0'): string {
  const claims = { ...readClaims(trustedToken), iss }
  const key = trusted.issuer.keyPair('RS256').privateKey
  return forgedJwt({ header: { alg: 'RS256', kid }, claims, algorithm: 'RS256', key })
}

const trustedToken = await trusted.issuer.token({ claims: scope })
const { issuer: name } = trusted.issuer
const { port } = trusted.server
const attackerPort = attacker.server.port

const spellings: Readonly<Record<string, string>> = {
  unknown: 'https://unknown.example.com',
  'with a suffix': `${name}.attacker.example`,
  'with a digit behind': `${name}0`,
  'with a slash': `${name}/`,
  'with two slashes': `${name}//`,
  'a prefix': name.slice(0, -1),
  'the host alone': `localhost:${port}`,
  'without a scheme': `//localhost:${port}`,
  'without a port': 'https://localhost',
  'over http': name.replace('https', 'http'),
  'in upper case': name.toUpperCase(),
  'with the host in upper case': name.replace('localhost', 'LOCALHOST'),
  'with the scheme in upper case': name.replace('https', 'HTTPS'),
  'with userinfo': name.replace('https://', 'https://user@'),
  'with the name as userinfo of another': `${name}@localhost:${attackerPort}`,
  'with a fragment': `${name}#`,
  'with a fragment behind another': `https://localhost:${attackerPort}#${name}`,
  'with a question mark': `${name}?`,
  'with a query': `${name}?a=b`,
  'with the name as query of another': `https://localhost:${attackerPort}?${name}`,
  'with a path': `${name}/tenant`,
  'with a dot segment': `${name}/.`,
  'with dot segments': `${name}/a/..`,
  'with the path of discovery': `${name}/.well-known/openid-configuration`,
  'with a percent-encoded letter': name.replace('localhost', 'loc%61lhost'),
  'with a dot behind the host': name.replace('localhost', 'localhost.'),
  'with the address for the name': name.replace('localhost', '127.0.0.1'),
  'with an IPv6 address': name.replace('localhost', '[::1]'),
  'with a backslash': name.replace('//', '\\\\'),
  'with a leading zero in the port': name.replace(`:${port}`, `:0${port}`),
  'with a space in front': ` ${name}`,
  'with a space behind': `${name} `,
  'with a tab behind': `${name}\t`,
  'with a line break': `${name}\n`,
  'with CRLF and a header': `${name}\r\nX-Injected: 1`,
  'with a zero byte': `${name}\0`,
  'with a zero byte and a suffix': `${name}\0.attacker.example`,
  'with a byte order mark': `\ufeff${name}`,
  'with a zero-width space': `${name}\u200b`,
  'with a Cyrillic letter': name.replace('o', '\u043e'),
  'with a full-width dot': `${name}\uff0e`,
  'two names with a space': `${name} ${attacker.issuer.issuer}`,
  'two names with a comma': `${name},${attacker.issuer.issuer}`,
  'a template': 'https://login.microsoftonline.com/{tenantid}/v2.0',
  'a wildcard': '*',
  'a wildcard host': 'https://*',
  'a pattern': '.*',
  'the text of a list': JSON.stringify([name]),
  'our own name': `${options.self?.clientId ?? ''}@${options.self?.realm ?? ''}`,
  'our audience': oauthAudience,
  'the name in our configuration': 'login',
}

const farmName = farm.issuerName
const [farmId = '', farmRealm = ''] = farmName.split('@')
const farmSpellings: Readonly<Record<string, string>> = {
  'without a realm': farmId,
  'with an empty realm': `${farmId}@`,
  'with another realm': `${farmId}@52aa6841-b76b-4ed4-a3d7-a259fce1dfa2`,
  'with a wildcard realm': `${farmId}@*`,
  'the realm alone': `@${farmRealm}`,
  'in upper case': farmName.toUpperCase(),
  'with a suffix': `${farmName}0`,
  'with a host': `${farmId}/host@${farmRealm}`,
  'with the realm twice': `${farmName}@${farmRealm}`,
  'with a space behind': `${farmName} `,
  'with a line break': `${farmName}\n`,
  'with a zero byte': `${farmName}\0`,
  'the application': farm.applicationName,
  'the name in our configuration': 'farm',
}

const prototypeNames = ['__proto__', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', 'prototype']

describeAttack('an issuer that is spelt almost like ours', app, [
  ...Object.entries(spellings).map(([what, iss]): AttackCase => ({
    name: `row 35: iss ${what}`,
    token: signedAs(iss),
    ...untrusted,
  })),
  ...(await Promise.all(
    Object.entries(farmSpellings).flatMap(([what, iss]) => [
      farm.appOnlyToken({ iss }).then((token) => ({ name: `row 35: iss ${what}, of a farm`, token, ...untrusted })),
      farm
        .actorToken({ iss })
        .then((actorToken) => farm.userToken({ ...dana }, actorToken))
        .then((token) => ({ name: `row 35: iss ${what}, of an actor token`, token, ...untrusted })),
    ]),
  )),
  { name: 'row 35: iss missing', token: signedAs(undefined), ...invalid },
  { name: 'row 35: iss missing, of a farm', token: await farm.appOnlyToken({ iss: undefined }), ...invalid },
])

const senseless: Readonly<Record<string, unknown>> = {
  'a list': [name],
  'a list of two': [name, attacker.issuer.issuer],
  'an empty list': [],
  'a list in a list': [[name]],
  'an object': { iss: name },
  'an object that turns into text': { toString: name, length: 1 },
  'a number': 0,
  null: null,
  true: true,
  false: false,
  'the empty text': '',
  '4,000 characters': name.padEnd(4_000, 'x'),
}

describeAttack('an issuer that is no name', app, [
  ...Object.entries(senseless).map(([what, iss]): AttackCase => ({
    name: `row 36: iss ${what}`,
    token: signedAs(iss),
    ...invalid,
  })),
  ...(await Promise.all(
    Object.entries({ ...senseless, 'a list of the farm': [farmName] }).map(async ([what, iss]) => ({
      name: `row 36: iss ${what}, of a farm`,
      token: await farm.appOnlyToken({ iss }),
      ...invalid,
    })),
  )),
  ...prototypeNames.map((iss): AttackCase => ({ name: `row 36: iss ${iss}`, token: signedAs(iss), ...untrusted })),
])

const elsewhere: Readonly<Record<string, string>> = {
  'the metadata service of a cloud': 'http://169.254.169.254/latest/meta-data/',
  'the metadata service over https': 'https://169.254.169.254',
  'the metadata service as a number': 'https://2852039166',
  'a file': 'file:///etc/passwd',
  data: 'data:application/json,{}',
  'a local port': 'https://127.0.0.1:22',
  gopher: 'gopher://127.0.0.1:6379/_FLUSHALL',
  LDAP: 'ldap://127.0.0.1/a',
  'a UNC path': '\\\\127.0.0.1\\share',
}

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
  ...Object.entries(elsewhere).map(([what, iss]): AttackCase => ({
    name: `row 37: ${what}`,
    token: signedAs(iss),
    ...untrusted,
  })),
])

it('rows 35 to 37: nothing was fetched, neither from the attacker nor from the issuer whose name was bent', () => {
  assert.deepEqual(attacker.server.requests, [])
  assert.deepEqual(plainAttacker.server.requests, [])
  assert.deepEqual(trusted.server.requests, [])
})

describeAccepted('the provider itself', app, [{ name: 'under its own name', token: trustedToken }])

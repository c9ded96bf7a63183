import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { makeWorld, oauthAudience as audience, s2sAudience, self } from '../support/world.ts'

const { farm, otherFarm, oauth, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const invalid = { status: 401, code: 'ERR_S2S_CLAIM_INVALID' } as const
const mismatch = { status: 401, code: 'ERR_S2S_AUDIENCE_MISMATCH' } as const

type Answer = Pick<AttackCase, 'status' | 'code'>
type Table = Readonly<Record<string, unknown>>

function oauthCases(row: string, table: Table, answer: Answer): Promise<AttackCase[]> {
  return Promise.all(
    Object.entries(table).map(async ([name, aud]) => ({
      name: `${row}: aud ${name}`,
      token: await oauth.token({ claims: { scope: 'reports.read', aud } }),
      ...answer,
    })),
  )
}

function farmCases(row: string, table: Table, answer: Answer): Promise<AttackCase[]> {
  return Promise.all(
    Object.entries(table).map(async ([name, aud]) => ({
      name: `${row}: aud ${name}, of a farm`,
      token: await farm.appOnlyToken({ aud }),
      ...answer,
    })),
  )
}

const noAudience: Table = {
  missing: undefined,
  'the empty text': '',
  null: null,
  'a number': 7,
  zero: 0,
  true: true,
  false: false,
  'an object': { aud: audience },
  'an object like a list': { 0: audience, length: 1 },
  'an empty object': {},
  'an empty list': [],
  'a list with the empty text': [''],
  'a list with null': [null],
  'a list in a list': [[audience]],
  'a list in a list, S2S': [[s2sAudience]],
  'a list of an object': [{ aud: audience }],
}

/** Every one names the right audience too; a list that is partly senseless is not half believed. */
const mixedLists: Table = {
  'with a number': [audience, 7],
  'with null': [audience, null],
  'with null in front': [null, audience],
  'with true': [audience, true],
  'with a list': [audience, [audience]],
  'with an object': [audience, {}],
  'with the empty text': [audience, ''],
}

const others: Table = {
  'of another server': 'https://other.example.com',
  'of another server, in a list': ['https://other.example.com', 'https://more.example.com'],
  'a prefix': audience.slice(0, -1),
  'the host alone': 'reports.example.com',
  'a substring': 'example.com',
  'with a suffix': `${audience}.attacker.example`,
  'with a prefix': `x${audience}`,
  'with a slash': `${audience}/`,
  'with a port': `${audience}:443`,
  'with a path': `${audience}/reports`,
  'with a query': `${audience}?a=b`,
  'with a fragment': `${audience}#`,
  'with userinfo': 'https://reports.example.com@attacker.example',
  'over http': audience.replace('https', 'http'),
  'in upper case': audience.toUpperCase(),
  'with one capital letter': audience.replace('reports', 'Reports'),
  'with the scheme in upper case': audience.replace('https', 'HTTPS'),
  'with a space in front': ` ${audience}`,
  'with a space behind': `${audience} `,
  'with a line break': `${audience}\n`,
  'with a zero byte': `${audience}\0`,
  'with a zero-width space': `${audience}\u200b`,
  'with a full-width letter': audience.replace('r', '\uff52'),
  'with a percent-encoded letter': audience.replace('r', '%72'),
  'two with a space': `${audience} https://other.example.com`,
  'two with a comma': `${audience},https://other.example.com`,
  'two with a semicolon': `${audience};https://other.example.com`,
  'as the text of a list': JSON.stringify([audience]),
  'a wildcard': '*',
  'a wildcard host': 'https://*.example.com',
  'a pattern': 'https://reports.example.com|.*',
  'an empty pattern': '.*',
  'the issuer': 'https://login.example.com',
  'the token endpoint': 'https://login.example.com/token',
  'the client': 'reporting',
  'the scope': 'reports.read',
  'our S2S audience': s2sAudience,
  'our client id': self.clientId,
  __proto__: '__proto__',
  'the word undefined': 'undefined',
}

const { clientId, realm } = self
const host = 'portal.fabrikam.example'

const farmOthers: Table = {
  'our OAuth audience': audience,
  'the client id alone': clientId,
  'without a host': `${clientId}@${realm}`,
  'without a realm': `${clientId}/${host}`,
  'with an empty host': `${clientId}/@${realm}`,
  'with an empty realm': `${clientId}/${host}@`,
  'without a client id': `/${host}@${realm}`,
  'another client': `${clientId.replace('3', '4')}/${host}@${realm}`,
  'another host': `${clientId}/other.fabrikam.example@${realm}`,
  'the host of the request': `${clientId}/localhost@${realm}`,
  'a host with a suffix': `${clientId}/${host}.attacker.example@${realm}`,
  'a host with a prefix': `${clientId}/x${host}@${realm}`,
  'a host with a dot behind': `${clientId}/${host}.@${realm}`,
  'another port': `${clientId}/${host}:8444@${realm}`,
  'port 443 of another one': `${clientId}/${host}:443@${realm}`,
  'the realm of another farm': `${clientId}/${host}@${otherFarm.issuerName.split('@')[1] ?? ''}`,
  'a wildcard realm': `${clientId}/${host}@*`,
  'a wildcard host': `${clientId}/*@${realm}`,
  'the realm twice': `${clientId}/${host}@${realm}@${realm}`,
  'a realm with a suffix': `${clientId}/${host}@${realm}0`,
  'the realm in upper case': `${clientId}/${host}@${realm.toUpperCase()}`,
  'a path': `${clientId}/${host}/x@${realm}`,
  'a space in front': ` ${s2sAudience}`,
  'a space behind': `${s2sAudience} `,
  'a line break': `${s2sAudience}\n`,
  'a zero byte': `${s2sAudience}\0`,
  'a list in a text': `${s2sAudience},${s2sAudience}`,
  'the application itself': farm.applicationName,
  'the issuer': farm.issuerName,
  'the token endpoint of ACS': `00000001-0000-0000-c000-000000000000/accounts.accesscontrol.windows.net@${realm}`,
}

describeAttack('a token without a readable audience', app, [
  ...(await oauthCases('row 32', noAudience, invalid)),
  ...(await oauthCases('row 34', mixedLists, invalid)),
  ...(await farmCases('row 32', noAudience, invalid)),
  ...(await farmCases(
    'row 34',
    { 'a list of the right one': [s2sAudience], 'a mixed list': [s2sAudience, 7] },
    invalid,
  )),
  ...(await farmCases('row 32', { '2,000 characters long': s2sAudience.padEnd(2_000, 'x') }, invalid)),
])

describeAttack('a token that is meant for somebody else', app, [
  ...(await oauthCases('row 33', others, mismatch)),
  ...(await farmCases('row 33', farmOthers, mismatch)),
])

describeAccepted('a token that is meant for us', app, [
  { name: 'among others', token: await oauth.token({ claims: { scope: 'reports.read', aud: ['svc', audience] } }) },
  { name: 'with our port, of a farm', token: await farm.appOnlyToken({ aud: `${clientId}/${host}:8443@${realm}` }) },
  {
    name: 'with the host in capitals, of a farm',
    token: await farm.appOnlyToken({ aud: `${clientId}/${host.toUpperCase()}@${realm}` }),
  },
])

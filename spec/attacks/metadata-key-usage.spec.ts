import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { serveDocuments, startHttpsServer } from '../support/https-server.ts'
import { takeApart } from '../support/token-parts.ts'
import { makeWorld } from '../support/world.ts'

/** The farm publishes two certificates: one is for signing, the other is not. */
const world = await makeWorld()
const { farm, options } = world
const { forgeActor, wrap } = await takeApart(farm)
const other = await makeCertificate({ commonName: 'Not for signing' })
const resources = { 'GET /reports/:id': 'reports.read' } as const
const published = ({ derBase64 }: TestCertificate, usage: unknown): object => ({
  usage,
  keyValue: { type: 'x509Certificate', value: derBase64 },
})
const document = (usage: unknown, otherUsage: unknown): object => ({
  issuer: farm.issuerName,
  keys: [published(other, otherUsage), published(farm.certificate, usage)],
})

const otherUsages: readonly [name: string, usage: unknown][] = [
  ['encryption', 'encryption'],
  ['Encryption', 'Encryption'],
  ['empty', ''],
  ['missing', undefined],
  ['null', null],
  ['a list', ['signing']],
  ['true', true],
  ['signing after a space', ' signing'],
  ['signing and more', 'signing,encryption'],
  ['sig', 'sig'],
]
const signingUsages = ['signing', 'Signing', 'SIGNING']

const server = await startHttpsServer(
  serveDocuments(
    Object.fromEntries([
      ...otherUsages.map(([, usage], index) => [`/not/${index}`, document('signing', usage)] as const),
      ...signingUsages.map((usage) => [`/is/${usage}`, document(usage, 'encryption')] as const),
    ]),
  ),
)
after(() => server.close())

function trusting(path: string): typeof options {
  const issuer = {
    type: 's2s-metadata' as const,
    name: 'farm',
    metadataEndpoint: `${server.url}${path}`,
    registeredIssuerName: farm.issuerName,
    isTrustBroker: true,
    allowDelegation: { applications: [farm.applicationName] },
  }
  return { ...options, trustedIssuers: [issuer], ca: server.ca }
}

const byOther = { header: { x5t: other.x5t }, key: other.privateKey }
const refused: Omit<AttackCase, 'name'> = { status: 401, code: 'ERR_S2S_KEY_UNKNOWN' }

for (const [index, [name]] of otherUsages.entries()) {
  describeAttack(`a key whose usage is ${name}`, { s2s: trusting(`/not/${index}`), resources }, [
    { name: `row 56: an actor token signed with a key of usage ${name}`, token: wrap(forgeActor(byOther)), ...refused },
    { name: `row 56: an app-only token signed with a key of usage ${name}`, token: forgeActor(byOther), ...refused },
  ])
}

for (const usage of signingUsages) {
  describeAccepted(`a key whose usage is ${usage}`, { s2s: trusting(`/is/${usage}`), resources }, [
    { name: 'row 56: an actor token signed with it', token: wrap(forgeActor()) },
  ])
}

describe('keys that are not for signing', () => {
  it('make nobody fetch more than the token bucket gives', () => {
    for (const index of otherUsages.keys()) {
      // Two applications; each fetches once at first and at most three times for the unknown key.
      const fetches = server.requests.filter((request) => request === `GET /not/${index}`)
      assert.ok(fetches.length <= 8, `${fetches.length} fetches`)
    }
  })
})

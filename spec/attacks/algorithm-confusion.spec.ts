import { describeAttack } from '../support/attack.ts'
import { fixedClock } from '../support/clock.ts'
import { asS2STestIssuer, asTestIssuer, forgedCases } from '../support/forged.ts'
import { publicKeyToPem } from '../support/key-pairs.ts'
import { makeWorld, oauthAudience } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const resources = { 'GET /reports/:id': 'reports.read' } as const
const cases = await forgedCases('algorithm-confusion', await asTestIssuer(oauth))

describeAttack('row 13: an HMAC with the public key of an OAuth issuer', { s2s: options, resources }, cases)

describeAttack(
  'row 13: an HMAC with the certificate of a farm',
  { s2s: options, resources },
  await forgedCases('algorithm-confusion', await asS2STestIssuer(farm)),
)

const { publicKey } = oauth.keyPair('RS256')
const pem = publicKeyToPem(publicKey)

/** The same issuer, its key given in the form that a library might hold as text. */
for (const [form, key] of Object.entries({
  pem: { pem },
  'a pem behind line breaks': { pem: `\r\n\n${pem}` },
  jwk: { jwk: publicKey.export({ format: 'jwk' }) },
})) {
  const trustedIssuers = [{ type: 'static', issuer: oauth.issuer, ...key }] as const
  describeAttack(
    `row 13: an HMAC with the public key of an issuer configured by ${form}`,
    { s2s: { audience: oauthAudience, clock: fixedClock, trustedIssuers }, resources },
    cases.filter(({ name }) => name.includes('HS256 with ')),
  )
}

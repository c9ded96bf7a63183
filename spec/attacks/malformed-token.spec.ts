import { describeAccepted } from '../support/accepted.ts'
import { describeAttack } from '../support/attack.ts'
import { asS2STestIssuer, asTestIssuer, forgedCases } from '../support/forged.ts'
import { forgedJwt, readClaims } from '../support/tokens.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const good = await oauth.token({ claims: { scope: 'reports.read' } })

describeAttack(
  'rows 10, 18 and 19: a token in another spelling',
  app,
  await forgedCases('malformed-token', await asTestIssuer(oauth)),
)
describeAttack(
  'rows 18 and 19: an actor token in another spelling',
  app,
  await forgedCases('malformed-token', await asS2STestIssuer(farm)),
)

/** A part whose segment is not a multiple of four, so that its last character has bits that nobody reads. */
function paddable(part: object): string {
  const text = JSON.stringify(part)
  return text + ' '.repeat((4 - (text.length % 3)) % 3)
}

const honest = forgedJwt({
  header: paddable({ alg: 'RS256', kid: 'RS256-0', typ: 'at+jwt' }),
  claims: paddable(readClaims(good)),
  algorithm: 'RS256',
  key: oauth.keyPair('RS256').privateKey,
})

describeAccepted('a token with nothing wrong', app, [
  { name: 'of an OAuth issuer', token: good },
  { name: 'around an actor token', token: await farm.userToken({ ...dana }) },
  { name: 'with bits that nobody reads', token: honest },
])

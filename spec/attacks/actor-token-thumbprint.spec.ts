import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { makeCertificate } from '../support/certificates.ts'
import { NOW } from '../support/clock.ts'
import { asS2STestIssuer, forgedCases } from '../support/forged.ts'
import { takeApart } from '../support/token-parts.ts'
import { makeWorld } from '../support/world.ts'

/** The farm has three certificates here: one of today, one that has ended, one that has not begun. */
const world = await makeWorld()
const { farm, otherFarm } = world
const { forgeActor, wrap } = await takeApart(farm)
const ended = await makeCertificate({ commonName: 'Ended', notBefore: NOW - 864_000, days: 9 })
const future = await makeCertificate({ commonName: 'Future', notBefore: NOW + 3600, days: 9 })
const justEnded = await makeCertificate({ commonName: 'Just ended', notBefore: NOW - 86_430, days: 1 })
const certificates = [farm.certificate, ended, future, justEnded].map(({ certificatePem }) => certificatePem)
const trustedIssuers = world.options.trustedIssuers.map((issuer) =>
  issuer.name === 'farm' ? { ...issuer, certificates } : issuer,
) as typeof world.options.trustedIssuers
const s2s = { ...world.options, trustedIssuers }
const resources = { 'GET /reports/:id': 'reports.read' } as const
const { x5t, x5tS256 } = farm.certificate
const bytes = Buffer.from(x5t, 'base64url')
const unknown = 'ERR_S2S_KEY_UNKNOWN'

const alone = (name: string, actor: string, code: AttackCase['code']): AttackCase[] => [
  { name: `${name}, app-only`, token: actor, status: 401, code },
  { name: `${name}, in an outer token`, token: wrap(actor), status: 401, code },
]

const others: AttackCase[] = [
  ...alone(
    'x5t of another certificate of the same issuer',
    forgeActor({ header: { x5t: justEnded.x5t } }),
    'ERR_S2S_SIGNATURE_INVALID',
  ),
  ...alone('x5t of another farm', forgeActor({ header: { x5t: otherFarm.certificate.x5t } }), unknown),
]

const signedBy = (certificate: typeof ended): string =>
  forgeActor({ header: { x5t: certificate.x5t }, key: certificate.privateKey })
const certificateDates: AttackCase[] = [
  ...alone('row 57: x5t of an expired certificate', signedBy(ended), 'ERR_S2S_KEY_UNUSABLE'),
  ...alone('row 57: x5t of a certificate of tomorrow', signedBy(future), 'ERR_S2S_KEY_UNUSABLE'),
  ...alone(
    'row 57: x5t of an expired certificate and no x5t but x5t#S256',
    forgeActor({ header: { x5t: undefined, 'x5t#S256': ended.x5tS256 }, key: ended.privateKey }),
    'ERR_S2S_KEY_UNUSABLE',
  ),
]

const conflicts: AttackCase[] = (
  [
    ['of the expired certificate', ended.x5tS256],
    ['of another farm', otherFarm.certificate.x5tS256],
  ] as const
).flatMap(([name, value]) =>
  alone(`row 57: x5t#S256 in conflict with x5t: ${name}`, forgeActor({ header: { 'x5t#S256': value } }), unknown),
)

describeAttack('an actor token with the wrong thumbprint', { s2s, resources }, [
  ...(await forgedCases('actor-token-thumbprint', await asS2STestIssuer(farm))),
  ...others,
  ...certificateDates,
  ...conflicts,
])

const base64 = bytes.toString('base64')
describeAccepted('an actor token with the right thumbprint', { s2s, resources }, [
  { name: 'x5t in base64 with padding', token: wrap(forgeActor({ header: { x5t: base64 } })) },
  { name: 'x5t in base64 without padding', token: wrap(forgeActor({ header: { x5t: base64.replace('=', '') } })) },
  { name: 'x5t and an x5t#S256 that agrees', token: wrap(forgeActor({ header: { 'x5t#S256': x5tS256 } })) },
  { name: 'x5t#S256 alone', token: wrap(forgeActor({ header: { x5t: undefined, 'x5t#S256': x5tS256 } })) },
  { name: 'kid beside x5t, as Entra writes it', token: wrap(forgeActor({ header: { kid: x5t } })) },
  { name: 'a certificate that ended within the tolerance', token: wrap(signedBy(justEnded)) },
])

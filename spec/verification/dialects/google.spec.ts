import type { S2SPrincipal } from '../../../lib/identity/principal.ts'
import { createTestIssuer } from '../../../lib/testing/create-test-issuer.ts'
import { fixedClock, NOW } from '../../support/clock.ts'
import { audience, describeDialect, shapeOf } from '../../support/dialect-table.ts'

const ledger = 'ledger@payments-prod.iam.gserviceaccount.com'
const number = '104029292853399978293'
const google = await createTestIssuer({
  type: 'static',
  name: 'google',
  issuer: 'https://accounts.google.com',
  audience,
  clock: fixedClock,
  trust: { callerKind: 'google', applications: [ledger, number, 'dana@example.com'] },
})

/** As the metadata server writes it with `format=full`. */
const shape = {
  aud: audience,
  azp: number,
  email: ledger,
  email_verified: true,
  exp: NOW + 3600,
  google: { compute_engine: { instance_id: '152986662232938449', project_id: 'payments-prod', zone: 'us-east1-b' } },
  iat: NOW,
  sub: number,
}
const token = shapeOf(google, shape, { typ: 'JWT' })
const claims = (changes: object): string => token({ claims: { ...changes } })
const withoutEmail = { email: undefined, email_verified: undefined, google: undefined }
/** As Google signs people in. */
const person = {
  azp: '32555940559.apps.googleusercontent.com',
  google: undefined,
  sub: '110169484474386276334',
  email: 'dana@example.com',
}

function principal(id: string): Omit<S2SPrincipal, 'token'> {
  return { kind: 'app', application: { id }, issuer: 'google', actorChain: [id], permissions: [] }
}

describeDialect('service accounts of Google', {
  server: { trustedIssuers: [google.options] },
  accepted: [
    ['the service account of a machine, by its e-mail address', token(), principal(ledger)],
    ['one without e-mail address, by its number', claims(withoutEmail), principal(number)],
    ['one that got its token with its own key (azp is its e-mail address)', claims({ azp: ledger }), principal(ledger)],
  ],
  refused: [
    ['a person', claims(person), 'ERR_S2S_TOKEN_TYPE'],
    ['a person of a Workspace', claims({ ...person, hd: 'example.com' }), 'ERR_S2S_TOKEN_TYPE'],
    [
      'a person whose client did not ask for the e-mail address',
      claims({ ...person, email: undefined }),
      'ERR_S2S_TOKEN_TYPE',
    ],
    ['the Workspace domain of a person beside a service account', claims({ hd: 'example.com' }), 'ERR_S2S_TOKEN_TYPE'],
    ['a person for whom a service account stands as client', claims({ ...person, azp: ledger }), 'ERR_S2S_TOKEN_TYPE'],
    ['an ID token of a sign-in', claims({ at_hash: 'HK6E_P6Dh8Y93mRNtsDB1Q' }), 'ERR_S2S_TOKEN_TYPE'],
    ['a listed account as client of another number', claims({ ...withoutEmail, azp: ledger }), 'ERR_S2S_TOKEN_TYPE'],
    ['an e-mail address that is not verified', claims({ email_verified: false }), 'ERR_S2S_CLAIM_INVALID'],
    ['"true" as a text', claims({ email_verified: 'true' }), 'ERR_S2S_CLAIM_INVALID'],
    ['nothing said of the e-mail address', claims({ email_verified: undefined }), 'ERR_S2S_CLAIM_INVALID'],
    ['an e-mail address that is a list', claims({ email: [ledger] }), 'ERR_S2S_CLAIM_INVALID'],
    ['a longer domain', claims({ email: `${ledger}.evil.example` }), 'ERR_S2S_TOKEN_TYPE'],
    ['a domain that only ends so', claims({ email: 'ledger@my-gserviceaccount.com' }), 'ERR_S2S_TOKEN_TYPE'],
    ['two at signs', claims({ email: `dana@evil.example@${ledger.split('@')[1] ?? ''}` }), 'ERR_S2S_TOKEN_TYPE'],
    ['no azp', claims({ azp: undefined }), 'ERR_S2S_CLAIM_INVALID'],
    ['a sub that is no number', claims({ sub: ledger, azp: ledger }), 'ERR_S2S_CLAIM_INVALID'],
    ['an actor', claims({ act: { sub: number } }), 'ERR_S2S_CLAIM_INVALID'],
    [
      'a service account of another customer',
      claims({ email: 'ledger@evil.iam.gserviceaccount.com' }),
      'ERR_S2S_APPLICATION_NOT_ALLOWED',
    ],
    [
      'the listed e-mail address in capitals',
      claims({ email: `L${ledger.slice(1)}` }),
      'ERR_S2S_APPLICATION_NOT_ALLOWED',
    ],
    [
      'another number without e-mail address',
      claims({ ...withoutEmail, sub: '1', azp: '1' }),
      'ERR_S2S_APPLICATION_NOT_ALLOWED',
    ],
    ['another audience', claims({ aud: 'https://other.example.com' }), 'ERR_S2S_AUDIENCE_MISMATCH'],
    ['the former name of the issuer', claims({ iss: 'accounts.google.com' }), 'ERR_S2S_ISSUER_UNTRUSTED'],
  ],
})

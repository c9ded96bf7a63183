import type { S2SPrincipal } from '../../../lib/identity/principal.ts'
import { createTestIssuer } from '../../../lib/testing/create-test-issuer.ts'
import { fixedClock } from '../../support/clock.ts'
import { audience, describeDialect, shapeOf } from '../../support/dialect-table.ts'

const common = { type: 'static', audience, clock: fixedClock } as const
/** Exchanges tokens as RFC 8693 says, and is believed about actors. */
const exchange = await createTestIssuer({
  ...common,
  name: 'exchange',
  issuer: 'https://sts.example.com',
  trust: { acceptsActorClaim: true, applications: ['backend', 'portal'] },
})
/** The same kind of issuer, without the option. */
const other = await createTestIssuer({ ...common, name: 'other', issuer: 'https://other.example.com' })

/** A token that `backend` got for Dana, who had come through `portal`. */
const shape = { sub: 'dana', client_id: 'portal', scope: 'reports.read', act: { sub: 'backend' } }
const token = shapeOf(exchange, shape, { typ: 'at+jwt' })
const act = (value: unknown): string => token({ claims: { act: value } })
const claims = (changes: object): string => token({ claims: { ...changes } })
const foreign = (changes: object): string => shapeOf(other, shape, { typ: 'at+jwt' })({ claims: { ...changes } })
const chain = (...subs: readonly string[]): object =>
  subs.reduceRight<object>((earlier, sub) => ({ sub, ...('sub' in earlier ? { act: earlier } : {}) }), {})

function principal(actorChain: readonly string[], changes: Partial<S2SPrincipal> = {}): Omit<S2SPrincipal, 'token'> {
  return {
    kind: 'user+app',
    application: { id: actorChain[0] ?? '' },
    user: { issuer: 'exchange', id: 'dana' },
    issuer: 'exchange',
    actorChain,
    permissions: ['reports.read'],
    ...changes,
  }
}

describeDialect('actors of RFC 8693', {
  server: { trustedIssuers: [exchange.options, other.options] },
  accepted: [
    ['the current actor, and the user', token(), principal(['backend'])],
    ['earlier actors', act(chain('backend', 'portal', 'gateway')), principal(['backend', 'portal', 'gateway'])],
    ['four actors', act(chain('backend', 'c', 'b', 'a')), principal(['backend', 'c', 'b', 'a'])],
    [
      'an actor with issuer and client_id, after one of another issuer',
      act({ sub: 'backend', iss: exchange.issuer, client_id: 'x', act: { sub: 'portal', iss: 'https://a.example' } }),
      principal(['backend', 'portal@https://a.example']),
    ],
    ['who may act, which is nobody who acts', claims({ may_act: { sub: 'admin' } }), principal(['backend'])],
    [
      'an application that acts for itself by its token: never an application on its own',
      claims({ sub: 'portal', client_id: 'portal', act: { sub: 'portal' }, roles: ['admin'] }),
      principal(['portal'], { user: { issuer: 'exchange', id: 'portal' } }),
    ],
    [
      'without the option the application that the token names anyway',
      foreign({ client_id: 'backend' }),
      principal(['backend'], { issuer: 'other', user: { issuer: 'other', id: 'dana' } }),
    ],
  ],
  refused: [
    ['without the option another actor', foreign({}), 'ERR_S2S_CLAIM_INVALID'],
    [
      'without the option another actor of a token that looks like an application on its own',
      foreign({ sub: 'portal', client_id: 'portal', roles: ['admin'] }),
      'ERR_S2S_CLAIM_INVALID',
    ],
    ['without the option an actor that is no object', foreign({ act: 'portal' }), 'ERR_S2S_CLAIM_INVALID'],
    ['a text', act('backend'), 'ERR_S2S_CLAIM_INVALID'],
    ['null', act(null), 'ERR_S2S_CLAIM_INVALID'],
    ['a list', act([{ sub: 'backend' }]), 'ERR_S2S_CLAIM_INVALID'],
    ['an actor without name', act({}), 'ERR_S2S_CLAIM_INVALID'],
    ['an actor that is a number', act({ sub: 7 }), 'ERR_S2S_CLAIM_INVALID'],
    ['a client_id that is no text', act({ sub: 'backend', client_id: ['backend'] }), 'ERR_S2S_CLAIM_INVALID'],
    ['an actor of another issuer', act({ sub: 'backend', iss: other.issuer }), 'ERR_S2S_ACTOR_MISMATCH'],
    ['five actors', act(chain('backend', 'd', 'c', 'b', 'a')), 'ERR_S2S_CLAIM_INVALID'],
    ['an earlier actor that is no object', act({ sub: 'backend', act: 'portal' }), 'ERR_S2S_CLAIM_INVALID'],
    ['an earlier actor without name', act({ sub: 'backend', act: { iss: other.issuer } }), 'ERR_S2S_CLAIM_INVALID'],
    ['nobody for whom it acts', claims({ sub: undefined }), 'ERR_S2S_CLAIM_INVALID'],
    [
      'a current actor that is not let in, after one that is',
      act(chain('intruder', 'backend')),
      'ERR_S2S_APPLICATION_NOT_ALLOWED',
    ],
  ],
})

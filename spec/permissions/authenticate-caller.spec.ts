import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { createAuditLog } from '../../lib/audit/audit-log.ts'
import { createAuthenticateCaller, type AuthenticateCaller } from '../../lib/permissions/authenticate-caller.ts'
import { createMemoryGrants } from '../../lib/permissions/grants.ts'
import { createSenders, type Sender, type Standing } from '../../lib/permissions/token-senders.ts'
import { TokenError } from '../../lib/foundation/errors.ts'
import { createSuspensions, type Suspensions } from '../../lib/suspension/suspensions.ts'
import { createTokenVerifier } from '../../lib/verification/token-verifier.ts'
import { fixedClock } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'
import { issuerOfFarm } from '../support/trusted-issuers.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm } = await makeWorld()
const allowing = (): undefined => undefined
const issuer = issuerOfFarm(farm, {
  isTrustBroker: true,
  allowDelegation: { refusalAsItself: allowing, refusalForUser: allowing },
})
const verify = createTokenVerifier({ issuers: { find: () => issuer }, clock: fixedClock })
const token = await farm.userToken(dana)
const verified = await verify(token)
const sender = createSenders(createMemoryGrants([])).of(verified)
const { issuedAt, expiresAt } = verified

interface Story {
  readonly authenticate: AuthenticateCaller
  readonly suspensions: Suspensions
  readonly events: AuditEvent[]
  /** What was done, in order. */
  readonly steps: string[]
}

function storyWith(rehydrate: (given: Sender) => Standing | Promise<Standing>): Story {
  const events: AuditEvent[] = []
  const steps: string[] = []
  const audit = createAuditLog({ clock: fixedClock, onAuditEvent: (event) => events.push(event) })
  const real = createSuspensions({ state: undefined, clock: fixedClock })
  real.serve({ audit, isKnownIssuer: () => true })
  const suspensions: Suspensions = {
    ...real,
    check: (facts) => {
      steps.push(`check ${facts.userNames.join()}`)
      real.check(facts)
    },
  }
  const authenticate = createAuthenticateCaller({
    recognise: () => {
      steps.push('recognise')
      return { sender, confirmation: undefined, issuedAt, expiresAt }
    },
    provePossession: () => assert.fail('a token that is bound to nothing waits for no proof'),
    rehydrate,
    suspensions,
    spend: () => undefined,
    audit,
  })
  return { authenticate, suspensions, events, steps }
}

/** As `createSenderRehydrator` gives it. */
const withProfile = (given: Sender): Standing => {
  const { effective, judged, parts } = given.standing()
  const user = Object.freeze({ issuer: 'farm', ...parts.user, profile: { id: '17' } })
  return { effective, judged, parts: { ...parts, user }, last: undefined }
}

describe('createAuthenticateCaller', () => {
  it('asks once who sent a token, and holds no users against suspensions when none is suspended', async () => {
    const { authenticate, steps, events } = storyWith(withProfile)
    const { principal } = await authenticate(token, () => 'one')
    assert.equal(principal.user?.profile?.id, '17')
    assert.deepEqual(steps, ['recognise'])
    assert.deepEqual(
      events.map(({ name }) => name),
      ['delegation.accepted'],
    )
  })

  it('refuses who is suspended by the id of a profile, once the profile is there', async () => {
    const { authenticate, suspensions, steps, events } = storyWith(withProfile)
    await suspensions.suspend({ user: '17' })
    await assert.rejects(async () => authenticate(token, () => 'one'), refusal('ERR_S2S_TOKEN_SUSPENDED'))
    assert.equal(steps.length, 2)
    assert.match(steps[1] ?? '', /^check .*,17$/)
    assert.deepEqual(events.map(({ name, code, issuer: by }) => [name, code, by]).slice(-1), [
      ['token.rejected', 'ERR_S2S_TOKEN_SUSPENDED', 'farm'],
    ])
  })

  it('asks for another proof when the issuer says by then that the token is bound to another key', async () => {
    let arrive: () => void = () => undefined
    const { suspensions, events } = storyWith(withProfile)
    const bindings = ['first', 'second']
    const [proved, recognised]: [unknown[], string[]] = [[], []]
    const authenticate = createAuthenticateCaller({
      recognise: () => {
        const jkt = bindings[recognised.length] ?? 'second'
        recognised.push(jkt)
        return { sender, confirmation: { jkt }, issuedAt, expiresAt }
      },
      provePossession: ({ confirmation }) => {
        proved.push(confirmation?.jkt)
        if (confirmation?.jkt === 'second') throw new TokenError('ERR_S2S_TOKEN_BOUND', 'another key')
        return ['dpop']
      },
      rehydrate: (given) =>
        new Promise((resolve) => {
          arrive = () => {
            resolve(withProfile(given))
          }
        }),
      spend: () => undefined,
      suspensions,
      audit: createAuditLog({ clock: fixedClock, onAuditEvent: (event) => events.push(event) }),
    })
    const waiting = Promise.resolve(authenticate(token, () => 'one'))
    await suspensions.suspend({ application: 'somebody else' })
    arrive()
    await assert.rejects(waiting, refusal('ERR_S2S_TOKEN_BOUND', 'another key'))
    assert.deepEqual([proved, recognised], [bindings, bindings])
    assert.ok(events.every(({ name }) => name !== 'delegation.accepted'))
  })

  it('forgets a proof when the issuer says by then that the token is bound to nothing', async () => {
    let arrive: () => void = () => undefined
    const { suspensions } = storyWith(withProfile)
    const bindings = [{ 'x5t#S256': 'first' }, undefined]
    const authenticate = createAuthenticateCaller({
      recognise: () => ({ sender, confirmation: bindings.shift(), issuedAt, expiresAt }),
      provePossession: () => ['mtls'],
      rehydrate: (given) =>
        new Promise((resolve) => {
          const settle = (): void => {
            resolve(withProfile(given))
          }
          arrive = settle
          if (bindings.length === 0) settle()
        }),
      suspensions,
      spend: () => undefined,
      audit: createAuditLog({ clock: fixedClock, onAuditEvent: () => undefined }),
    })
    const waiting = Promise.resolve(authenticate(token, () => 'one'))
    await suspensions.suspend({ application: 'somebody else' })
    arrive()
    assert.deepEqual((await waiting).provedBy, [])
  })

  it('holds users who have no profile against suspensions too', async () => {
    const { authenticate, suspensions, steps } = storyWith((given) => {
      const { effective, judged, parts } = given.standing()
      const others = Object.entries(parts).filter(([name]) => name !== 'user')
      return { effective, judged, parts: Object.fromEntries(others) as unknown as typeof parts, last: undefined }
    })
    await suspensions.suspend({ user: dana.upn })
    await assert.rejects(async () => authenticate(token, () => 'one'), refusal('ERR_S2S_TOKEN_SUSPENDED'))
    assert.match(steps[1] ?? '', new RegExp(dana.upn))
  })

  it('asks again who sent a token when somebody was suspended while a profile was looked up', async () => {
    let arrive: () => void = () => undefined
    const { authenticate, suspensions, steps } = storyWith(
      (given) =>
        new Promise((resolve) => {
          arrive = () => {
            resolve(withProfile(given))
          }
        }),
    )
    const waiting = authenticate(token, () => 'one')
    await suspensions.suspend({ application: 'somebody else' })
    arrive()
    assert.equal((await waiting).principal.issuer, 'farm')
    assert.deepEqual(steps, ['recognise', 'recognise'])
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { createAuditLog } from '../../lib/audit/audit-log.ts'
import { createTokenBurner } from '../../lib/express/burn-tokens.ts'
import { TokenError } from '../../lib/foundation/errors.ts'
import type { ExposedToken } from '../../lib/suspension/suspend-exposed.ts'
import type { ProvedToken, ProveSignedToken } from '../../lib/verification/prove-signed-token.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { suspensionOf } from '../support/suspensions.ts'

const proved: ProvedToken = { issuerName: 'https://login.example.com', hash: 'the-hash', endsAt: NOW + 600 }

function burnerWith(prove: ProveSignedToken) {
  const events: AuditEvent[] = []
  const burnt: ExposedToken[] = []
  const audit = createAuditLog({ clock: fixedClock, onAuditEvent: (event) => events.push(event) })
  const burnTokens = createTokenBurner({
    proveSignedToken: prove,
    audit,
    suspensions: {
      burn: (token) => {
        burnt.push(token)
        return burnt.length === 1 ? suspensionOf({ id: 'the-suspension' }) : undefined
      },
    },
  })
  const send = (...rawHeaders: string[]): void => {
    burnTokens({ rawHeaders }, 'the-request')
  }
  return { events, burnt, send }
}

describe('createTokenBurner', () => {
  it('burns in a later turn, and tells of a token that was not burnt before', async () => {
    const { events, burnt, send } = burnerWith(() => proved)
    send('Authorization', 'Bearer a.b.c')
    assert.deepEqual(burnt, [])
    send('authorization', 'bearer  d.e.f')
    await eventually(() => burnt.length === 2, 'both are burnt')
    const { issuerName: issuer, hash: tokenId, endsAt: expiresAt } = proved
    assert.deepEqual(burnt, [
      { issuer, tokenId, expiresAt },
      { issuer, tokenId, expiresAt },
    ])
    assert.deepEqual(events, [
      {
        name: 'token.burnt',
        outcome: 'notice',
        correlationId: 'the-request',
        tokenId,
        suspension: { id: 'the-suspension' },
        time: NOW,
      },
    ])
  })

  it('looks at bearer tokens of Authorization headers only, two at most', async () => {
    const asked: string[] = []
    const { send } = burnerWith((text) => {
      asked.push(text)
      throw new TokenError('ERR_S2S_TOKEN_MALFORMED')
    })
    send('X-Token', 'Bearer x', 'Cookie', 'authorization', 'Authorization', 'Basic y', 'authorization')
    send('Authorization', 'Bearer one', 'AUTHORIZATION', 'BEARER two', 'Authorization', 'Bearer three')
    await eventually(() => asked.length === 2, 'both are asked for')
    assert.deepEqual(asked, ['one', 'two'])
  })

  it('lets no more than 1,000 wait for keys, and says which are not burnt', async () => {
    let arrive: (token: ProvedToken) => void = () => undefined
    const keys = new Promise<ProvedToken>((resolve) => (arrive = resolve))
    const { events, burnt, send } = burnerWith(() => keys)
    for (let number = 0; number < 1001; number += 1) send('Authorization', `Bearer ${number}`)
    assert.deepEqual(
      events.map(({ name, outcome }) => [name, outcome]),
      [['suspension.refused', 'refused']],
    )
    arrive(proved)
    await eventually(() => burnt.length === 1000, 'those that waited are burnt')
    send('Authorization', 'Bearer next')
    await eventually(() => burnt.length === 1001, 'there is room again')
  })
})

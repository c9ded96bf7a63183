import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { createAuditLog, type AuditLog } from '../../lib/audit/audit-log.ts'
import { TokenError, UnavailableError, type S2SError } from '../../lib/foundation/errors.ts'
import type { S2SPrincipal } from '../../lib/identity/principal.ts'
import { auditAcceptance, auditRejection, describeNamed } from '../../lib/permissions/caller-audit.ts'
import type { Sender } from '../../lib/permissions/token-senders.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { compact } from '../support/tokens.ts'

const application = { id: 'client', realm: 'realm' }
const user = { issuer: 'farm', id: 'dana', upn: 'dana@fabrikam.example' }
const profile = { id: '17', rights: ['reports.read'], salary: 1 }
const correlationId = (): string => 'one'
const token = compact({ alg: 'RS256' }, { jti: 'a token id' }, 'AA')

function listen(): { readonly audit: AuditLog; readonly events: AuditEvent[] } {
  const events: AuditEvent[] = []
  return { audit: createAuditLog({ clock: fixedClock, onAuditEvent: (event) => events.push(event) }), events }
}

const principalOf = (members: object, format: string): S2SPrincipal =>
  ({ kind: 'app', application, issuer: 'farm', token: { format }, ...members }) as unknown as S2SPrincipal

describe('describeNamed', () => {
  it('names an application on its own', () => {
    assert.deepEqual(describeNamed({ kind: 'app', application }), { kind: 'app', application })
  })

  it('names a user by the identifiers in the token', () => {
    assert.deepEqual(describeNamed({ kind: 'user+app', application, user }), { kind: 'user+app', application, user })
  })

  it('says of a profile its id and nothing else', () => {
    assert.deepEqual(describeNamed({ kind: 'user+app', application, user: { ...user, profile } }).user, {
      ...user,
      profileId: '17',
    })
  })
})

describe('auditAcceptance', () => {
  const common = { outcome: 'accepted', correlationId: 'one', issuer: 'farm', application, time: NOW }
  const delegated = { kind: 'user+app', user }
  const cases: readonly [title: string, principal: S2SPrincipal, event: object][] = [
    ['an application', principalOf({}, 's2s-app'), { name: 'token.accepted', kind: 'app' }],
    [
      'a user whom an application names',
      principalOf(delegated, 's2s-user'),
      { name: 'delegation.accepted', ...delegated },
    ],
    ['a user token of an ACS', principalOf(delegated, 'acs-user'), { name: 'delegation.accepted', ...delegated }],
    ['the user of an OAuth token', principalOf(delegated, 'jwt'), { name: 'token.accepted', ...delegated }],
  ]
  for (const [title, principal, event] of cases) {
    it(`tells of ${title}`, () => {
      const { audit, events } = listen()
      auditAcceptance(audit, { principal, token, correlationId })
      assert.deepEqual(events, [{ ...common, tokenId: 'a token id', ...event }])
    })
  }

  it('tells the hash of a token that says no id', () => {
    const { audit, events } = listen()
    const unnamed = compact({ alg: 'RS256' }, {}, 'AA')
    auditAcceptance(audit, { principal: principalOf({}, 's2s-app'), token: unnamed, correlationId })
    const tokenId = createHash('sha256').update(unnamed.slice(0, -'.AA'.length)).digest('base64url')
    assert.deepEqual(events, [{ ...common, name: 'token.accepted', kind: 'app', tokenId }])
  })

  it('makes nothing when nobody listens', () => {
    const never = (): never => assert.fail('asked')
    const audit = createAuditLog({ clock: never })
    auditAcceptance(audit, { principal: principalOf({}, 's2s-app'), token: 'no token', correlationId: never })
  })
})

describe('auditRejection', () => {
  const common = { correlationId: 'one', time: NOW }
  const refused = { ...common, name: 'token.rejected', outcome: 'refused' }
  const sender = { issuer: { name: 'farm' }, caller: { kind: 'user+app', application, user } } as unknown as Sender
  const cases: readonly [title: string, error: S2SError, sender: Sender | undefined, event: object][] = [
    [
      'a refused token',
      new TokenError('ERR_S2S_TOKEN_EXPIRED', '"exp" has passed'),
      undefined,
      { ...refused, code: 'ERR_S2S_TOKEN_EXPIRED', reason: '"exp" has passed' },
    ],
    [
      'a refusal without a reason',
      new TokenError('ERR_S2S_TOKEN_EXPIRED'),
      undefined,
      { ...refused, code: 'ERR_S2S_TOKEN_EXPIRED' },
    ],
    [
      'a refusal of somebody who is known',
      new TokenError('ERR_S2S_CLAIM_INVALID'),
      sender,
      { ...refused, code: 'ERR_S2S_CLAIM_INVALID', issuer: 'farm', kind: 'user+app', application, user },
    ],
    [
      'an outage',
      new UnavailableError('ERR_S2S_KEYS_UNREACHABLE', 'no network'),
      undefined,
      {
        ...common,
        name: 'verifier.unavailable',
        outcome: 'unavailable',
        code: 'ERR_S2S_KEYS_UNREACHABLE',
        reason: 'no network',
      },
    ],
  ]
  for (const [title, error, by, event] of cases) {
    it(`tells of ${title}`, () => {
      const { audit, events } = listen()
      auditRejection(audit, { error, correlationId, sender: by })
      assert.deepEqual(events, [event])
    })
  }

  it('tells the id of a token that is suspended', () => {
    const { audit, events } = listen()
    const error = new TokenError('ERR_S2S_TOKEN_SUSPENDED')
    auditRejection(audit, { error, correlationId, named: token })
    assert.deepEqual(events, [{ ...refused, code: 'ERR_S2S_TOKEN_SUSPENDED', tokenId: 'a token id' }])
  })

  it('tells nothing of a fault of ours: no token was refused', () => {
    const { audit, events } = listen()
    auditRejection(audit, { error: new TypeError('a bug'), correlationId })
    assert.deepEqual(events, [])
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { parseVerifierOptions, type VerifierOptions } from '../../lib/permissions/caller-options.ts'
import { createMemoryGrants } from '../../lib/permissions/grants.ts'
import { createMemoryState } from '../../lib/state/memory-state.ts'
import { refusal } from '../support/refusal.ts'
import { self } from '../support/world.ts'

const least: VerifierOptions = { trustedIssuers: [] }
const grant = { issuer: 'farm', application: 'client', permissions: ['reports.read'] }
const shown = (value: unknown): string => inspect(value, { depth: 1 }).replaceAll(/\s+/g, ' ').slice(0, 60)

const options: Readonly<
  Record<string, { takes: readonly unknown[]; refuses: readonly (readonly [unknown, string])[] }>
> = {
  self: {
    takes: [self],
    refuses: [
      ['server', ' must be an object, not a string'],
      [{ ...self, hosts: ['https://a'] }, '.hosts[0] must be host or host:port'],
    ],
  },
  audience: {
    takes: ['https://a', ['https://a', 'b']],
    refuses: [
      ['', ' is empty'],
      [[], ' is empty; leave it out instead'],
      [['a', ''], '[1] is empty'],
      [5, ' must be a string or an array, not a number'],
    ],
  },
  trustedIssuers: {
    takes: [[], [{}]],
    refuses: [
      [undefined, ' is missing; set it to an array'],
      [{ type: 'openid' }, ' must be an array, not an object'],
    ],
  },
  state: {
    takes: [createMemoryState()],
    refuses: [
      [{}, ' must be a shared state, such as createMemoryState()'],
      [null, ' must be a shared state, such as createMemoryState()'],
      [
        { ...createMemoryState(), suspensions: { put: () => undefined } },
        ' must be a shared state, such as createMemoryState()',
      ],
    ],
  },
  stateStaleSeconds: {
    takes: [1, 60.5],
    refuses: [
      [0, ' must be at least 1'],
      ['60', ' must be a number, not a string'],
    ],
  },
  grants: {
    takes: [[], [grant], createMemoryGrants([]), { grantsOf: () => [] }],
    refuses: [
      [[{ ...grant, permissions: 'reports.read' }], '[0].permissions must be an array, not a string'],
      [[{ ...grant, application: '' }], '[0].application is empty'],
    ],
  },
  findProfiles: {
    takes: [() => []],
    refuses: [['ldap', ' must be a function that gives the profiles of an identifier']],
  },
  profileOptions: {
    takes: [{}, { cacheSeconds: 0, includeOAuthUsers: true, userStores: { 'trusted:adfs': 'adfs' } }],
    refuses: [
      [{ includeOAuthUsers: 'yes' }, '.includeOAuthUsers must be a boolean, not a string'],
      [{ cacheSeconds: -1 }, '.cacheSeconds must be at least 0'],
    ],
  },
  userRights: { takes: ['checked-by-handler', () => []], refuses: [] },
  clock: { takes: [() => 0], refuses: [[0, ' must be a function that gives seconds']] },
  onAuditEvent: { takes: [(_event: AuditEvent) => undefined], refuses: [['log', ' must be a function']] },
  ca: { takes: ['pem', ['pem']], refuses: [['', ' must not be empty']] },
  fetch: { takes: [fetch], refuses: [['fetch', ' must be a function']] },
  timeoutMilliseconds: { takes: [1], refuses: [[0, ' must be at least 1']] },
  maximumBytes: { takes: [1], refuses: [['1kb', ' must be a number, not a string']] },
}

describe('parseVerifierOptions', () => {
  it('gives back the very options', () => {
    assert.equal(parseVerifierOptions(least), least)
  })

  for (const [option, { takes, refuses }] of Object.entries(options)) {
    for (const value of takes) {
      it(`takes ${option}: ${shown(value)}`, () => {
        parseVerifierOptions({ ...least, [option]: value })
      })
    }
    for (const [value, message] of refuses) {
      it(`refuses ${option}: ${shown(value)} and says the fix`, () => {
        assert.throws(
          () => parseVerifierOptions({ ...least, [option]: value }),
          refusal('ERR_S2S_OPTION_INVALID', `options.${option}${message}`),
        )
      })
    }
  }

  for (const value of ['checked', true, {}, null]) {
    it(`refuses userRights: ${shown(value)}`, () => {
      assert.throws(
        () => parseVerifierOptions({ ...least, userRights: value as never }),
        refusal('ERR_S2S_OPTION_INVALID', /^options\.userRights must be "checked-by-handler"/),
      )
    })
  }

  for (const value of [5, 'all', {}, null]) {
    it(`refuses grants: ${shown(value)}`, () => {
      assert.throws(
        () => parseVerifierOptions({ ...least, grants: value as never }),
        refusal('ERR_S2S_OPTION_INVALID', /^options\.grants must be an array/),
      )
    })
  }

  for (const { key, near } of [
    { key: 'audiance', near: 'audience' },
    { key: 'trustedIssuer', near: 'trustedIssuers' },
    { key: 'userRight', near: 'userRights' },
    { key: 'onAuditEvents', near: 'onAuditEvent' },
  ]) {
    it(`refuses ${key} and asks whether ${near} was meant`, () => {
      assert.throws(
        () => parseVerifierOptions({ ...least, [key]: 'a' }),
        refusal('ERR_S2S_OPTION_UNKNOWN', `options.${key} is unknown; did you mean \`${near}\`?`),
      )
    })
  }

  it('refuses options that are only for Express', () => {
    assert.throws(
      () => parseVerifierOptions({ ...least, problemDetails: true } as VerifierOptions),
      refusal('ERR_S2S_OPTION_UNKNOWN', /^options\.problemDetails is unknown; known here: /),
    )
  })

  it('refuses to be given nothing', () => {
    assert.throws(
      () => parseVerifierOptions(undefined as never),
      refusal('ERR_S2S_OPTION_INVALID', /^options is missing/),
    )
  })
})

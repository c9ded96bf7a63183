import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createDelegationPolicy } from '../../lib/trust/delegation.ts'
import type { DelegationOptions } from '../../lib/trust/issuer-options.ts'
import type { S2STrustedIssuer } from '../../lib/trust/trusted-issuer.ts'
import { verifyAppOnlyPolicy, verifyDelegationPolicy } from '../../lib/verification/verify-actor-token.ts'
import { dana } from '../support/world.ts'

const client = { id: 'client', realm: 'realm' }

function issuerWith(...applications: DelegationOptions['applications']): S2STrustedIssuer {
  const allowDelegation = applications.length > 0 && createDelegationPolicy({ applications }, 'farm')
  return { name: 'farm', allowDelegation } as S2STrustedIssuer
}

describe('verifyDelegationPolicy', () => {
  it('lets a listed application act for a user', () => {
    assert.doesNotThrow(() => {
      verifyDelegationPolicy(client, issuerWith('client'), dana)
    })
  })

  const refused: readonly [name: string, issuer: S2STrustedIssuer, reason: RegExp][] = [
    ['an issuer without delegation', issuerWith(), /of farm: the issuer has no allowDelegation$/],
    ['an application that is not listed', issuerWith('other'), /of farm: it is not listed in allowDelegation/],
    ['the level none', issuerWith({ id: 'client', level: 'none' }), /'none'/],
    ['the level application without users', issuerWith({ id: 'client', level: 'application' }), /users\.allow/],
    ['a denied user', issuerWith({ id: 'client', level: 'full', users: { deny: [dana.upn] } }), /users\.deny$/],
  ]
  for (const [name, issuer, reason] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => {
          verifyDelegationPolicy(client, issuer, dana)
        },
        {
          name: 'PermissionError',
          code: 'ERR_S2S_DELEGATION_NOT_ALLOWED',
          status: 403,
          error: 'access_denied',
          reason,
        },
      )
    })
  }
})

describe('verifyAppOnlyPolicy', () => {
  const allowed: readonly [name: string, issuer: S2STrustedIssuer][] = [
    ['any application of an issuer without delegation', issuerWith()],
    ['an application that is not listed', issuerWith('other')],
    ['the level application', issuerWith({ id: 'client', level: 'application' })],
    ['the level full', issuerWith('client')],
  ]
  for (const [name, issuer] of allowed) {
    it(`lets through ${name}`, () => {
      assert.doesNotThrow(() => {
        verifyAppOnlyPolicy(client, issuer)
      })
    })
  }

  for (const level of ['none', 'user'] as const) {
    it(`refuses the level ${level}`, () => {
      assert.throws(
        () => {
          verifyAppOnlyPolicy(client, issuerWith({ id: 'client@realm', level }))
        },
        {
          name: 'PermissionError',
          code: 'ERR_S2S_APP_ONLY_NOT_ALLOWED',
          status: 403,
          reason: `an application of farm: its level '${level}' lets it never act as itself`,
        },
      )
    })
  }
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OutgoingError } from '../../lib/foundation/errors.ts'
import { chooseIssuer } from '../../lib/outgoing/choose-issuer.ts'

const self = { clientId: 'app', realm: 'ours' }
const broker = { ...self, issuerId: 'broker' }

interface Case {
  readonly title: string
  readonly server: typeof self & { readonly issuerId?: string }
  readonly trustedIssuers: readonly string[] | undefined
  readonly issuer: string
  readonly application: string
}

const cases: readonly Case[] = [
  {
    title: 'our own name when the target names nobody',
    server: self,
    trustedIssuers: undefined,
    issuer: 'app@ours',
    application: 'app@ours',
  },
  {
    title: 'our own name when its list is empty',
    server: self,
    trustedIssuers: [],
    issuer: 'app@ours',
    application: 'app@ours',
  },
  {
    title: 'our own name among others',
    server: self,
    trustedIssuers: ['x@*', 'https://sts.windows.net/*/', 'app@ours'],
    issuer: 'app@ours',
    application: 'app@ours',
  },
  {
    title: 'our own name in other letter case',
    server: self,
    trustedIssuers: ['APP@Ours'],
    issuer: 'app@ours',
    application: 'app@ours',
  },
  {
    title: 'our own name in any realm',
    server: self,
    trustedIssuers: ['app@*'],
    issuer: 'app@ours',
    application: 'app@ours',
  },
  {
    title: 'the broker name of ours',
    server: broker,
    trustedIssuers: ['broker@ours', 'app@ours'],
    issuer: 'broker@ours',
    application: 'app@ours',
  },
  {
    title: 'the broker name in any realm',
    server: broker,
    trustedIssuers: ['broker@*'],
    issuer: 'broker@ours',
    application: 'app@ours',
  },
  {
    title: 'the broker name when the target names nobody',
    server: broker,
    trustedIssuers: undefined,
    issuer: 'broker@ours',
    application: 'app@ours',
  },
  {
    title: 'our own id when the broker is not known there',
    server: broker,
    trustedIssuers: ['app@ours'],
    issuer: 'app@ours',
    application: 'app@ours',
  },
  {
    title: 'our realm before the realm of the target',
    server: broker,
    trustedIssuers: ['broker@theirs', 'app@ours'],
    issuer: 'app@ours',
    application: 'app@ours',
  },
  {
    title: 'the realm of the target, where a farm registered us',
    server: self,
    trustedIssuers: ['x@theirs', 'app@theirs'],
    issuer: 'app@theirs',
    application: 'app@theirs',
  },
  {
    title: 'the broker in the realm of the target',
    server: broker,
    trustedIssuers: ['broker@theirs'],
    issuer: 'broker@theirs',
    application: 'app@theirs',
  },
]

describe('chooseIssuer', () => {
  for (const { title, server, trustedIssuers, ...chosen } of cases) {
    it(`takes ${title}`, () => {
      assert.deepEqual(chooseIssuer({ realm: 'theirs', trustedIssuers }, server), chosen)
    })
  }

  for (const trustedIssuers of [
    ['x@ours'],
    ['app@other'],
    ['app'],
    ['*@*'],
    ['*'],
    ['app@ours2'],
    ['https://app@ours'],
  ]) {
    it(`is not known to a target that trusts ${trustedIssuers.join()}`, () => {
      assert.throws(
        () => chooseIssuer({ realm: 'theirs', trustedIssuers }, self),
        (error) => {
          assert.ok(error instanceof OutgoingError)
          assert.equal(error.code, 'ERR_S2S_TARGET_DOES_NOT_TRUST_US')
          assert.equal(error.side, 'target')
          assert.equal(error.reason, 'the target does not list app@ours among its trusted issuers; register it there')
          return true
        },
      )
    })
  }
})

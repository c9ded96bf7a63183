import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { matchSuspension, type TokenFacts } from '../../lib/suspension/match-suspension.ts'
import type { Suspension } from '../../lib/suspension/suspension.ts'
import { NOW } from '../support/clock.ts'
import { factsOf, suspensionOf } from '../support/suspensions.ts'

interface Case {
  readonly subject: Partial<Suspension>
  readonly hit: readonly Partial<TokenFacts>[]
  readonly missed: readonly Partial<TokenFacts>[]
}

const farm = { issuerNames: ['farm', 'issuer@realm'], application: { id: 'client', realm: 'Realm' } }
const dana = { userNames: ['S-1-5-21-7', 'Dana@fabrikam.example'] }

const cases: readonly Case[] = [
  { subject: { issuer: 'login' }, hit: [{}], missed: [farm, { issuerNames: ['LOGIN'] }] },
  { subject: { issuer: 'https://login.example.com' }, hit: [{}], missed: [farm] },
  {
    subject: { application: 'Reporting' },
    hit: [{}, { issuerNames: ['another'] }, { application: { id: 'REPORTING', realm: 'r' } }],
    missed: [farm, { application: { id: 'reporting2' } }],
  },
  {
    subject: { application: 'client@realm' },
    hit: [farm, { application: { id: 'client@realm' } }],
    missed: [{ application: { id: 'client' } }, { application: { id: 'client', realm: 'other' } }],
  },
  { subject: { application: 'reporting', issuer: 'login' }, hit: [{}], missed: [farm, { issuerNames: ['another'] }] },
  {
    subject: { user: 'dana@FABRIKAM.example' },
    hit: [dana, { ...farm, ...dana }],
    missed: [{}, { userNames: ['dana'] }, { userNames: ['dana@fabri\u212aam.example'] }],
  },
  { subject: { user: 's-1-5-21-7', issuer: 'farm' }, hit: [{ ...farm, ...dana }], missed: [dana, farm] },
  {
    subject: { issuedBefore: NOW },
    hit: [{ issuedAt: NOW - 1 }, { issuedAt: undefined }, { issuedAt: NOW - 0.5 }],
    missed: [{ issuedAt: NOW }, { issuedAt: NOW + 1 }],
  },
  {
    subject: { issuedBefore: NOW, application: 'reporting' },
    hit: [{ issuedAt: undefined }],
    missed: [{ ...farm, issuedAt: NOW - 1 }, {}],
  },
  {
    subject: { tokenId: 'the-hash', issuer: 'login' },
    hit: [{}],
    missed: [farm, { tokenIds: () => ['THE-HASH'] }, { tokenIds: () => [] }],
  },
]

describe('matchSuspension', () => {
  for (const { subject, hit, missed } of cases) {
    it(`fits whom it names and nobody else: ${JSON.stringify(subject)}`, () => {
      const matches = matchSuspension(suspensionOf(subject))
      for (const facts of hit) assert.equal(matches(factsOf(facts)), true, JSON.stringify(facts))
      for (const facts of missed) assert.equal(matches(factsOf(facts)), false, JSON.stringify(facts))
    })
  }
})

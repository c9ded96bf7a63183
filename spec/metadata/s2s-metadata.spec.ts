import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UnavailableError } from '../../lib/foundation/errors.ts'
import { parseJsonObject, type JsonObject } from '../../lib/foundation/parse-json.ts'
import { parseS2SMetadata } from '../../lib/metadata/s2s-metadata.ts'
import { makeCertificate } from '../support/certificates.ts'
import { readSharePointMetadata } from '../support/vectors.ts'

const realm = '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011'
const issuer = `5e2f1a90-7c44-4d0b-9a6e-3f8b1d27c605@${realm}`
const main = await makeCertificate({ commonName: 'Main', keyType: 'ec256' })
const next = await makeCertificate({ commonName: 'Next', keyType: 'ec256' })
const weak = await makeCertificate({ commonName: 'Weak', keyType: 'rsa1024' })

const goodKey = { usage: 'signing', keyvalue: { type: 'x509Certificate', value: main.derBase64 } }

function base64Of(thumbprint: string): string {
  return Buffer.from(thumbprint, 'base64url').toString('base64')
}

describe('an S2S metadata document', () => {
  const dialects: readonly (readonly [string, JsonObject])[] = [
    [
      'Exchange, as documented',
      {
        id: '_3d5f0e9a-7f10-4c52-9a63-0c1b2d3e4f50',
        version: '1.0',
        name: 'Exchange',
        realm,
        serviceName: '5e2f1a90-7c44-4d0b-9a6e-3f8b1d27c605',
        issuer,
        allowedAudiences: [issuer],
        keys: [{ ...goodKey, keyinfo: { x5t: main.x5t } }],
        endpoints: [{ location: 'https://a.example/metadata/json/1', protocol: 'OAuth2', usage: 'metadata' }],
      },
    ],
    [
      'ACS',
      { name: 'Exchange', realm, issuer, keys: [{ usage: 'signing', keyValue: goodKey.keyvalue, keyInfo: null }] },
    ],
    [
      'SharePoint 2026',
      {
        name: 'Exchange',
        issuer,
        keys: [{ usage: 'Signing', keyValue: { type: 'x509certificate', value: main.derBase64 } }],
      },
    ],
    [
      'another letter case everywhere',
      {
        NAME: 'Exchange',
        Issuer: issuer,
        KEYS: [
          {
            Usage: 'SIGNING',
            KeyInfo: { X5T: base64Of(main.x5t) },
            KeyValue: { Type: 'X509CERTIFICATE', VALUE: main.certificatePem },
          },
        ],
      },
    ],
  ]
  for (const [name, document] of dialects) {
    it(`is read in the dialect of ${name}`, () => {
      const metadata = parseS2SMetadata(document)
      assert.equal(metadata.issuer, issuer)
      assert.equal(metadata.realm, realm)
      assert.equal(metadata.name, 'Exchange')
      assert.deepEqual(
        metadata.certificates.map(({ x5tS256 }) => x5tS256),
        [main.x5tS256],
      )
      assert.equal(metadata.ignoredKeys, 0)
    })
  }

  it('is read as a real SharePoint farm publishes it', () => {
    const metadata = parseS2SMetadata(parseJsonObject(readSharePointMetadata()))
    assert.equal(metadata.issuer, '00000003-0000-0ff1-ce00-000000000000@af90cc03-4a26-45e9-906a-609cebcebbde')
    assert.equal(metadata.realm, 'af90cc03-4a26-45e9-906a-609cebcebbde')
    assert.equal(metadata.name, '00000003-0000-0ff1-ce00-000000000000')
    assert.equal(metadata.certificates.length, 1)
    assert.match(metadata.certificates[0]?.subject ?? '', /SharePoint Security Token Service/)
  })

  it('may name any realm, as Exchange Online does', () => {
    const anyRealm = '00000002-0000-0ff1-ce00-000000000000@*'
    const metadata = parseS2SMetadata({ issuer: anyRealm, realm: '*', keys: [goodKey] })
    assert.equal(metadata.issuer, anyRealm)
    assert.equal(metadata.realm, '*')
  })

  it('may name a DNS domain as realm, as Skype for Business does', () => {
    assert.equal(parseS2SMetadata({ issuer: 'a@contoso.example', keys: [goodKey] }).realm, 'contoso.example')
  })

  it('may have a name that is no text, which is passed over', () => {
    assert.equal(parseS2SMetadata({ issuer, name: 7, keys: [goodKey] }).name, undefined)
  })

  it('may bring several certificates, current and next', () => {
    const nextKey = { usage: 'signing', keyvalue: { type: 'x509Certificate', value: next.derBase64 } }
    const { certificates } = parseS2SMetadata({ issuer, keys: [goodKey, nextKey] })
    assert.deepEqual(
      certificates.map(({ x5t }) => x5t),
      [main.x5t, next.x5t],
    )
  })

  it('may say one thing twice in two letter cases', () => {
    assert.equal(parseS2SMetadata({ issuer, Issuer: issuer, keys: [goodKey], Keys: [goodKey] }).issuer, issuer)
  })
})

describe('an S2S metadata document that cannot be used', () => {
  const tooMany = Array.from({ length: 257 }, () => goodKey)
  const cases: readonly (readonly [string, JsonObject])[] = [
    ['no issuer', { keys: [goodKey] }],
    ['an issuer that is no text', { issuer: [issuer], keys: [goodKey] }],
    ['an issuer without realm', { issuer: '5e2f1a90-7c44-4d0b-9a6e-3f8b1d27c605', keys: [goodKey] }],
    ['an issuer with two realms', { issuer: `${issuer}@b`, keys: [goodKey] }],
    ['an issuer that is a pattern', { issuer: `*@${realm}`, keys: [goodKey] }],
    ['an issuer with a pattern inside its realm', { issuer: 'a@*.example', keys: [goodKey] }],
    ['a realm that is not the one of its issuer', { issuer, realm: 'another', keys: [goodKey] }],
    ['a realm that is no text', { issuer, realm: 7, keys: [goodKey] }],
    ['no keys', { issuer }],
    ['keys that are no list', { issuer, keys: { 0: goodKey } }],
    ['an empty list of keys', { issuer, keys: [] }],
    ['more than 256 keys', { issuer, keys: tooMany }],
    ['two issuers in two letter cases', { issuer, Issuer: `other@${realm}`, keys: [goodKey] }],
    ['two lists of keys in two letter cases', { issuer, keys: [goodKey], Keys: [] }],
    ['keys spelt with a letter that only folds to k', { issuer, '\u212Aeys': [goodKey] }],
  ]
  for (const [name, document] of cases) {
    it(`has ${name}`, () => {
      assert.throws(
        () => parseS2SMetadata(document),
        (error: unknown) => {
          assert.ok(error instanceof UnavailableError)
          assert.equal(error.code, 'ERR_S2S_METADATA_INVALID')
          assert.ok(!error.reason?.includes(realm))
          return true
        },
      )
    })
  }
})

describe('a key of an S2S metadata document', () => {
  const { keyvalue } = goodKey
  const nextValue = { type: 'x509Certificate', value: next.derBase64 }
  const ignored: readonly (readonly [string, unknown])[] = [
    ['null', null],
    ['a list', [nextValue]],
    ['a text', next.derBase64],
    ['no usage', { keyvalue: nextValue }],
    ['the usage encryption', { usage: 'encryption', keyvalue: nextValue }],
    ['a usage that is no text', { usage: ['signing'], keyvalue: nextValue }],
    ['no value', { usage: 'signing' }],
    ['a value that is a text', { usage: 'signing', keyvalue: next.derBase64 }],
    ['another type', { usage: 'signing', keyvalue: { ...nextValue, type: 'symmetric' } }],
    ['no type', { usage: 'signing', keyvalue: { value: next.derBase64 } }],
    ['a certificate that is no text', { usage: 'signing', keyvalue: { ...nextValue, value: [next.derBase64] } }],
    ['a broken certificate', { usage: 'signing', keyvalue: { ...nextValue, value: next.derBase64.slice(0, 400) } }],
    ['a weak certificate', { usage: 'signing', keyvalue: { ...nextValue, value: weak.derBase64 } }],
    ['a foreign thumbprint', { usage: 'signing', keyinfo: { x5t: main.x5t }, keyvalue: nextValue }],
    ['an empty thumbprint', { usage: 'signing', keyinfo: { x5t: '' }, keyvalue: nextValue }],
    ['a thumbprint that is no text', { usage: 'signing', keyinfo: { x5t: 7 }, keyvalue: nextValue }],
    ['key information that is a text', { usage: 'signing', keyinfo: next.x5t, keyvalue: nextValue }],
    ['two values in two letter cases', { usage: 'signing', keyvalue: nextValue, keyValue: keyvalue }],
    ['two usages in two letter cases', { usage: 'signing', Usage: 'encryption', keyvalue: nextValue }],
  ]
  for (const [name, key] of ignored) {
    it(`is passed over and hides no other: ${name}`, () => {
      const { certificates, ignoredKeys } = parseS2SMetadata({ issuer, keys: [key, goodKey] })
      assert.deepEqual(
        certificates.map(({ x5t }) => x5t),
        [main.x5t],
      )
      assert.equal(ignoredKeys, 1)
    })
    it(`makes the document useless when it is the only one: ${name}`, () => {
      assert.throws(() => parseS2SMetadata({ issuer, keys: [key] }), { code: 'ERR_S2S_METADATA_INVALID' })
    })
  }

  const used: readonly (readonly [string, object])[] = [
    ['no key information', {}],
    ['key information that is null', { keyinfo: null }],
    ['key information without thumbprint', { keyinfo: {} }],
    ['a thumbprint that is null', { keyinfo: { x5t: null } }],
    ['a thumbprint in base64', { keyinfo: { x5t: base64Of(main.x5t) } }],
  ]
  for (const [name, members] of used) {
    it(`is used with ${name}`, () => {
      assert.equal(parseS2SMetadata({ issuer, keys: [{ ...goodKey, ...members }] }).certificates.length, 1)
    })
  }

  it('is judged without its dates, which are checked at each token', async () => {
    const expired = await makeCertificate({ commonName: 'Old', keyType: 'ec256', notBefore: 1_000_000_000, days: 1 })
    const key = { ...goodKey, keyvalue: { ...keyvalue, value: expired.derBase64 } }
    assert.equal(parseS2SMetadata({ issuer, keys: [key] }).certificates[0]?.x5t, expired.x5t)
  })
})

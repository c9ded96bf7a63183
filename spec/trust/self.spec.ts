import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { parseOptions } from '../../lib/foundation/parse-options.ts'
import { keyThumbprint } from '../../lib/keys/key-thumbprint.ts'
import { selfAudiences, selfSchema, selfKeys, type SelfOptions } from '../../lib/trust/self.ts'
import { makeCertificate } from '../support/certificates.ts'
import { refusal } from '../support/refusal.ts'
import { self } from '../support/world.ts'

const certificate = await makeCertificate({ commonName: 'Our own', keyType: 'ec256' })
const folder = mkdtempSync(join(tmpdir(), 'self-'))
after(() => {
  rmSync(folder, { recursive: true })
})

const parse = (changes: object): SelfOptions => parseOptions(selfSchema, { ...self, ...changes }, 'self') as SelfOptions

describe('selfSchema', () => {
  for (const [name, changes] of Object.entries({
    'what is needed': {},
    'a realm that is a domain': { realm: 'contoso.example' },
    'hosts of every form': { hosts: ['portal', 'portal.example:8443', '10.0.0.1', '[::1]', '[2001:db8::1]:443'] },
    'advertise: true': { advertise: true },
    'advertise: false': { advertise: false },
    'names to advertise': { advertise: ['farm'] },
    'certificates inline and in files': { certificates: [certificate.certificatePem, { file: 'own.pem' }] },
  })) {
    it(`takes ${name}`, () => {
      assert.deepEqual(parse(changes), { ...self, ...changes })
    })
  }

  for (const { name, changes, message } of [
    { name: 'no clientId', changes: { clientId: undefined }, message: 'self.clientId is missing; set it to a string' },
    {
      name: 'a clientId with a realm',
      changes: { clientId: 'a@b' },
      message: 'self.clientId must have no space, slash, @, *, comma, quote or =',
    },
    {
      name: 'a realm that is a wildcard',
      changes: { realm: '*' },
      message: 'self.realm must have no space, slash, @, *, comma, quote or =',
    },
    { name: 'no hosts', changes: { hosts: [] }, message: 'self.hosts is empty; list the host names callers use' },
    {
      name: 'a host that is a URL',
      changes: { hosts: ['https://a'] },
      message: 'self.hosts[0] must be host or host:port',
    },
    {
      name: 'a host with a path',
      changes: { hosts: ['a', 'b/c'] },
      message: 'self.hosts[1] must be host or host:port',
    },
    {
      name: 'text before an address of IPv6',
      changes: { hosts: ['a[::1]'] },
      message: 'self.hosts[0] must be host or host:port',
    },
    {
      name: 'text behind an address of IPv6',
      changes: { hosts: ['[::1]:443/a'] },
      message: 'self.hosts[0] must be host or host:port',
    },
    {
      name: 'one host instead of a list',
      changes: { hosts: 'a' },
      message: 'self.hosts must be an array, not a string',
    },
    {
      name: 'an advertise that is a text',
      changes: { advertise: 'all' },
      message: 'self.advertise must be a boolean or an array, not a string',
    },
    {
      name: 'one certificate instead of a list',
      changes: { certificates: certificate.certificatePem },
      message: 'self.certificates must be an array, not a string',
    },
  ]) {
    it(`refuses ${name} and says the fix`, () => {
      assert.throws(() => parse(changes), refusal('ERR_S2S_OPTION_INVALID', message))
    })
  }

  for (const { key, near } of [
    { key: 'clientid', near: 'clientId' },
    { key: 'host', near: 'hosts' },
    { key: 'certificate', near: 'certificates' },
  ]) {
    it(`refuses the unknown key ${key} and names ${near}`, () => {
      assert.throws(
        () => parse({ [key]: 'a' }),
        refusal('ERR_S2S_OPTION_UNKNOWN', `self.${key} is unknown; did you mean \`${near}\`?`),
      )
    })
  }
})

describe('selfAudiences', () => {
  it('is empty without self', () => {
    assert.deepEqual(selfAudiences(undefined), [])
  })

  for (const { host, names } of [
    { host: 'portal.example:8443', names: ['portal.example', 'portal.example:8443'] },
    { host: 'portal.example', names: ['portal.example', 'portal.example:443'] },
    { host: 'portal.example:443', names: ['portal.example', 'portal.example:443'] },
    { host: '[::1]:8443', names: ['[::1]', '[::1]:8443'] },
    { host: '[::1]', names: ['[::1]', '[::1]:443'] },
  ]) {
    it(`takes ${host} with and without its port`, () => {
      assert.deepEqual(
        selfAudiences({ clientId: 'id', realm: 'realm', hosts: [host] }),
        names.map((name) => `id/${name}@realm`),
      )
    })
  }

  it('takes every host', () => {
    assert.equal(selfAudiences({ clientId: 'id', realm: 'realm', hosts: ['a', 'b:1'] }).length, 4)
  })
})

describe('selfKeys', () => {
  it('is empty without self or certificates', () => {
    assert.deepEqual([...selfKeys(undefined)], [])
    assert.deepEqual([...selfKeys(self)], [])
  })

  it('reads certificates inline and from files', () => {
    const file = join(folder, 'own.pem')
    writeFileSync(file, certificate.certificatePem)
    for (const given of [certificate.certificatePem, certificate.derBase64, { file }]) {
      assert.deepEqual([...selfKeys({ ...self, certificates: [given] })], [keyThumbprint(certificate.publicKey)])
    }
  })

  it('refuses what is no certificate, by name', () => {
    assert.throws(
      () => selfKeys({ ...self, certificates: ['no certificate'] }),
      refusal('ERR_S2S_OPTION_INVALID', /^self\.certificates: .*; give a certificate as PEM or base64 DER$/),
    )
  })
})

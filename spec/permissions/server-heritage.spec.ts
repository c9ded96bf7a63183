import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { keyThumbprint } from '../../lib/keys/key-thumbprint.ts'
import { createHeritage, type ServerHeritage } from '../../lib/permissions/server-heritage.ts'
import type { S2SState } from '../../lib/state/s2s-state.ts'
import type { SelfOptions } from '../../lib/trust/self.ts'
import { makeCertificate } from '../support/certificates.ts'
import { fixedClock } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'
import { makeTrustWorld } from '../support/trust-context.ts'
import { self } from '../support/world.ts'

const own = await makeCertificate({ commonName: 'Our own' })
const next = await makeCertificate({ commonName: 'Our next' })
const other = await makeCertificate({ commonName: 'Another of ours', keyType: 'ec256' })
const folder = mkdtempSync(join(tmpdir(), 'heritage-'))
after(() => {
  rmSync(folder, { recursive: true })
})

type Keys = Pick<SelfOptions, 'signingKeys' | 'certificates'>
const signingWith = ({ privateKeyPem, certificatePem }: typeof own): Keys => ({
  signingKeys: { current: { privateKey: privateKeyPem, certificate: certificatePem } },
})
const heritage = (keys?: Keys, before?: ServerHeritage): ServerHeritage =>
  createHeritage({ ...(keys === undefined ? {} : { self: { ...self, ...keys } }) }, fixedClock, before)

describe('what a server hands on when its configuration is replaced', () => {
  it('is nothing but its suspensions without self', () => {
    const first = heritage()
    assert.equal(first.self, undefined)
    assert.equal(first.signingKeys, undefined)
    assert.deepEqual([...first.ownKeys], [])
    assert.equal(heritage(undefined, first).suspensions, first.suspensions)
    assert.notEqual(heritage().suspensions, first.suspensions)
  })

  it('are the keys that are its own: of its certificates, and those it signs with', () => {
    const { ownKeys } = heritage({ ...signingWith(own), certificates: [other.certificatePem] })
    assert.deepEqual([...ownKeys].sort(), [keyThumbprint(own.publicKey), keyThumbprint(other.publicKey)].sort())
    assert.deepEqual([...heritage({ certificates: [other.certificatePem] }).ownKeys], [keyThumbprint(other.publicKey)])
  })

  it('are the same signing keys when they are configured as before', () => {
    const first = heritage(signingWith(own))
    const second = heritage(signingWith(own), first)
    assert.ok(first.signingKeys)
    assert.equal(second.signingKeys, first.signingKeys)
    assert.equal(second.ownKeys, first.ownKeys)
  })

  it('are other signing keys when they are configured otherwise, or not at all', () => {
    const first = heritage(signingWith(own))
    const second = heritage(signingWith(next), first)
    assert.notEqual(second.signingKeys, first.signingKeys)
    assert.deepEqual([...second.ownKeys], [keyThumbprint(next.publicKey)])
    const last = heritage({}, second)
    assert.equal(last.signingKeys, undefined)
    assert.deepEqual([...last.ownKeys], [])
  })

  it('are own keys that are read anew when a certificate comes, while the signing keys stay', () => {
    const first = heritage(signingWith(own))
    const second = heritage({ ...signingWith(own), certificates: [other.certificatePem] }, first)
    assert.equal(second.signingKeys, first.signingKeys)
    assert.ok(second.ownKeys.has(keyThumbprint(other.publicKey)))
    assert.ok(second.ownKeys.has(keyThumbprint(own.publicKey)))
  })

  it('are keys that are read anew from files, whose content may have changed', () => {
    const file = join(folder, 'own.pem')
    const keys: Keys = { certificates: [{ file }] }
    writeFileSync(file, own.certificatePem)
    const first = heritage(keys)
    writeFileSync(file, other.certificatePem)
    assert.deepEqual([...heritage(keys, first).ownKeys], [keyThumbprint(other.publicKey)])
  })

  it('says which option of the signing keys is wrong', () => {
    const broken: Keys = { signingKeys: { current: { privateKey: 'none', certificate: own.certificatePem } } }
    assert.throws(() => heritage(broken), refusal('ERR_S2S_OPTION_INVALID', /^options\.self\.signingKeys/))
  })

  it('are the suspensions of one state: another would not know them', () => {
    const [state, elsewhere] = [{ suspensions: {} }, { suspensions: {} }] as unknown as [S2SState, S2SState]
    const first = createHeritage({ state }, fixedClock)
    assert.equal(first.state, state)
    assert.equal(createHeritage({ state }, fixedClock, first).suspensions, first.suspensions)
    for (const options of [{ state: elsewhere }, {}]) {
      assert.throws(
        () => createHeritage(options, fixedClock, first),
        refusal('ERR_S2S_OPTION_INVALID', 'state cannot be replaced by a reload; start the server anew'),
      )
    }
    first.suspensions.close()
  })

  it('are the keys of issuers that were fetched', () => {
    const { context } = makeTrustWorld()
    const origin = { kind: 'openid', place: { url: 'https://login.example.com' }, options: {} } as const
    const keys = { close: () => undefined } as never
    const first = heritage()
    first.keptKeys.keep({ origin, context, keys })
    assert.equal(heritage(undefined, first).keptKeys.earlier(origin, context), keys)
    assert.equal(heritage().keptKeys.earlier(origin, context), undefined)
  })
})

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { S2SCertificateIssuerOptions } from '../../lib/trust/issuer-options.ts'
import { keyThumbprint } from '../../lib/keys/key-thumbprint.ts'
import { createS2SCertificateIssuer } from '../../lib/trust/s2s-certificate-issuer.ts'
import { makeCertificate } from '../support/certificates.ts'
import { refusal } from '../support/refusal.ts'
import { makeTrustWorld } from '../support/trust-context.ts'
import { self } from '../support/world.ts'

const current = await makeCertificate({ commonName: 'Current', keyType: 'ec256' })
const next = await makeCertificate({ commonName: 'Next', keyType: 'ec256' })
const folder = mkdtempSync(join(tmpdir(), 's2s-certificate-'))
const file = join(folder, 'farm.cer')
writeFileSync(file, next.certificatePem)
after(() => {
  rmSync(folder, { recursive: true })
})

const { context } = makeTrustWorld()
const options: S2SCertificateIssuerOptions = {
  type: 's2s-certificate',
  registeredIssuerName: 'issuer@realm',
  certificates: current.certificatePem,
}

describe('createS2SCertificateIssuer', () => {
  for (const [name, certificates] of Object.entries({
    'one certificate': current.certificatePem,
    'base64 DER': current.derBase64,
    'a list with a file': [current.certificatePem, { file }],
  })) {
    it(`takes ${name}`, async () => {
      const issuer = createS2SCertificateIssuer({ ...options, certificates }, context)
      const keySet = await issuer.keys.current()
      assert.equal(keySet.findKey({ alg: 'ES256', x5t: current.x5t }).id, current.x5t)
      if (Array.isArray(certificates)) {
        assert.equal(keySet.findKey({ alg: 'ES256', 'x5t#S256': next.x5tS256 }).id, next.x5t)
      } else {
        assert.throws(() => keySet.findKey({ alg: 'ES256', x5t: next.x5t }), refusal('ERR_S2S_KEY_UNKNOWN'))
      }
    })
  }

  it('takes a file alone', async () => {
    const keySet = await createS2SCertificateIssuer({ ...options, certificates: { file } }, context).keys.current()
    assert.equal(keySet.findKey({ alg: 'ES256', x5t: next.x5t }).id, next.x5t)
  })

  it('is named after the registered name unless it has a name', () => {
    assert.equal(createS2SCertificateIssuer(options, context).name, 'issuer@realm')
    const named = createS2SCertificateIssuer({ ...options, name: 'farm', isTrustBroker: true }, context)
    assert.equal(named.name, 'farm')
    assert.deepEqual(named.issuerNames, ['issuer@realm'])
    assert.equal(named.isTrustBroker, true)
  })

  it('answers to one name for each realm of a wildcard', () => {
    const made = createS2SCertificateIssuer(
      { ...options, registeredIssuerName: 'issuer@*', realms: ['a', 'b'] },
      context,
    )
    assert.deepEqual(made.issuerNames, ['issuer@a', 'issuer@b'])
  })

  it("refuses this server's own certificate at start (CVE-2026-55040)", () => {
    const own = makeTrustWorld({ ownKeys: new Set([keyThumbprint(next.publicKey)]) }).context
    createS2SCertificateIssuer(options, own)
    assert.throws(
      () => createS2SCertificateIssuer({ ...options, certificates: [current.certificatePem, { file }] }, own),
      refusal(
        'ERR_S2S_OPTION_INVALID',
        "issuer@realm: this is the server's own certificate (self.certificates); give the other server's certificate",
      ),
    )
  })

  for (const { name, changes, told } of [
    {
      name: "this server's own name",
      changes: { registeredIssuerName: `${self.clientId}@${self.realm}` },
      told: /own name/,
    },
    { name: 'a wildcard without realms', changes: { registeredIssuerName: 'issuer@*' }, told: /list the realms/ },
    {
      name: 'a file that cannot be read',
      changes: { certificates: { file: join(folder, 'none') } },
      told: /cannot be read/,
    },
    {
      name: 'what is no certificate',
      changes: { certificates: 'no certificate' },
      told: /^issuer@realm: .*give a cert/,
    },
  ]) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => createS2SCertificateIssuer({ ...options, ...changes }, context),
        refusal('ERR_S2S_OPTION_INVALID', told),
      )
    })
  }
})

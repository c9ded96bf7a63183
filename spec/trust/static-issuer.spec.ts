import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { KeySet } from '../../lib/keys/key-set.ts'
import { readTextOrFile } from '../../lib/foundation/text-or-file.ts'
import { keyThumbprint } from '../../lib/keys/key-thumbprint.ts'
import { parseUnverifiedToken } from '../../lib/tokens/unverified-token.ts'
import type { StaticIssuerOptions } from '../../lib/trust/issuer-options.ts'
import { createStaticIssuer, fixedKeys, readCertificate } from '../../lib/trust/static-issuer.ts'
import { VerifiedSignature } from '../../lib/verification/verify-signature.ts'
import { makeCertificate } from '../support/certificates.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { makeKeyPair, privateKeyToPem, publicKeyToPem } from '../support/key-pairs.ts'
import { refusal } from '../support/refusal.ts'
import { signedJwt } from '../support/tokens.ts'
import { makeTrustWorld } from '../support/trust-context.ts'

const { context } = makeTrustWorld()
const pair = makeKeyPair('ec256')
const otherPair = makeKeyPair('ec256')
const certificate = await makeCertificate({ commonName: 'Issuer', keyPair: pair })
const expired = await makeCertificate({ commonName: 'Issuer', keyPair: pair, days: 30 })
const future = await makeCertificate({ commonName: 'Issuer', keyPair: pair, notBefore: NOW + 3600 })
const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'one' }
const folder = mkdtempSync(join(tmpdir(), 'static-issuer-'))
after(() => {
  rmSync(folder, { recursive: true })
})

function inFile(name: string, content: string | object): { readonly file: string } {
  const file = join(folder, name)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return { file }
}

const options = (keys: object): StaticIssuerOptions =>
  ({ type: 'static', name: 'jobs', issuer: 'urn:jobs', ...keys }) as StaticIssuerOptions

/** Verifies the signature of a token with the configured keys. */
async function prove(keys: object, header: object = {}, key = pair.privateKey): Promise<VerifiedSignature> {
  const issuer = createStaticIssuer(options(keys), context)
  const token = parseUnverifiedToken(
    await signedJwt({ header: { typ: 'JWT', ...header }, claims: { iss: 'urn:jobs' }, algorithm: 'ES256', key }),
  )
  const keySet = await issuer.keys.current()
  return VerifiedSignature.prove(token, { issuer, key: keySet.findKey(token.header), clock: fixedClock })
}

const forms: Readonly<Record<string, object>> = {
  'a JWK': { jwk },
  'a JWK in a file': { jwk: inFile('jwk.json', jwk) },
  'a JWKS': { jwks: { keys: [{ kty: 'oct', k: 'AAAA' }, jwk] } },
  'a JWKS in a file': { jwks: inFile('jwks.json', { keys: [jwk] }) },
  'a PEM public key': { pem: publicKeyToPem(pair.publicKey) },
  'a PEM public key in a file': { pem: inFile('key.pem', `# the key of jobs\n${publicKeyToPem(pair.publicKey)}`) },
  'a certificate': { certificate: certificate.certificatePem },
  'a certificate as base64 DER': { certificate: certificate.derBase64 },
  'a certificate in a file': { certificate: inFile('issuer.cer', certificate.certificatePem) },
}

describe('createStaticIssuer', () => {
  for (const [name, keys] of Object.entries(forms)) {
    it(`verifies with ${name}`, async () => {
      assert.deepEqual((await prove(keys)).claims, { iss: 'urn:jobs' })
    })

    it(`refuses the signature of another key with ${name}`, async () => {
      await assert.rejects(prove(keys, {}, otherPair.privateKey), refusal('ERR_S2S_SIGNATURE_INVALID'))
    })
  }

  it('finds a named key by kid only, and takes any kid where the key has none', async () => {
    await prove({ jwk }, { kid: 'one' })
    await assert.rejects(prove({ jwk }, { kid: 'two' }), refusal('ERR_S2S_KEY_UNKNOWN'))
    for (const name of ['a PEM public key', 'a certificate']) await prove(forms[name] ?? {}, { kid: 'two' })
  })

  it('reads a PEM RSA public key in either armour', async () => {
    const rsa = makeKeyPair('rsa2048')
    for (const pem of [
      publicKeyToPem(rsa.publicKey),
      rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    ]) {
      const keySet = await createStaticIssuer(options({ pem }), context).keys.current()
      assert.ok(keySet.findKey({ alg: 'RS256' }).algorithms.has('RS256'))
    }
  })

  for (const [name, { certificatePem }] of Object.entries({ 'has expired': expired, 'is not valid yet': future })) {
    it(`starts with a certificate that ${name}, and refuses each token`, async () => {
      await assert.rejects(prove({ certificate: certificatePem }), refusal('ERR_S2S_KEY_UNUSABLE'))
    })
  }

  it('is named after its iss unless it has a name', () => {
    assert.equal(createStaticIssuer(options({ jwk }), context).name, 'jobs')
    assert.equal(createStaticIssuer({ type: 'static', issuer: 'urn:jobs', jwk }, context).name, 'urn:jobs')
  })

  for (const [name, keys] of Object.entries({
    'an empty JWK': { jwk: {} },
    'a private JWK': { jwk: pair.privateKey.export({ format: 'jwk' }) },
    'a secret': { jwk: { kty: 'oct', k: 'AAAA' } },
    'a JWK in a file that is no JSON': { jwk: inFile('bad.json', '{') },
    'a JWKS without keys': { jwks: { keys: [] } },
    'a JWKS that is none': { jwks: jwk },
    'a weak RSA key': { pem: publicKeyToPem(makeKeyPair('rsa1024').publicKey) },
    'a broken PEM': { pem: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----' },
  })) {
    it(`refuses ${name} at start, and keeps the cause`, () => {
      assert.throws(
        () => createStaticIssuer(options(keys), context),
        (error: Error) => {
          assert.ok(error.cause instanceof Error)
          return refusal('ERR_S2S_OPTION_INVALID', 'jobs: no usable public key is configured')(error)
        },
      )
    })
  }

  for (const [name, pem] of Object.entries({
    'a private key': privateKeyToPem(pair.privateKey),
    'a public and a private key': publicKeyToPem(pair.publicKey) + privateKeyToPem(pair.privateKey),
    'a certificate, whose dates would be lost,': certificate.certificatePem,
    'a word': 'secret',
  })) {
    it(`refuses ${name} as pem, without printing it`, () => {
      assert.throws(
        () => createStaticIssuer(options({ pem }), context),
        refusal(
          'ERR_S2S_OPTION_INVALID',
          'jobs: pem is not a PEM public key; give the public half of the key, or a certificate as certificate',
        ),
      )
    })
  }

  for (const [name, keys] of Object.entries({
    jwk: { jwk: { file: join(folder, 'none') } },
    jwks: { jwks: { file: join(folder, 'none') } },
    pem: { pem: { file: join(folder, 'none') } },
    certificate: { certificate: { file: join(folder, 'none') } },
  })) {
    it(`refuses a ${name} file that cannot be read, by its name`, () => {
      assert.throws(
        () => createStaticIssuer(options(keys), context),
        refusal('ERR_S2S_OPTION_INVALID', `jobs: the file ${join(folder, 'none')} cannot be read`),
      )
    })
  }

  for (const [name, keys] of Object.entries(forms)) {
    it(`refuses this server's own key as ${name} (CVE-2026-55040)`, () => {
      const own = makeTrustWorld({ ownKeys: new Set([keyThumbprint(pair.publicKey)]) }).context
      assert.throws(
        () => createStaticIssuer(options(keys), own),
        refusal(
          'ERR_S2S_OPTION_INVALID',
          "jobs: this is the server's own key (self.certificates); give the other server's key",
        ),
      )
    })
  }

  it("refuses this server's own key among others (CVE-2026-55040)", () => {
    const own = makeTrustWorld({ ownKeys: new Set([keyThumbprint(pair.publicKey)]) }).context
    const foreign = otherPair.publicKey.export({ format: 'jwk' })
    for (const keys of [
      [foreign, jwk],
      [jwk, foreign],
    ]) {
      assert.throws(
        () => createStaticIssuer(options({ jwks: { keys } }), own),
        refusal('ERR_S2S_OPTION_INVALID', /this is the server's own key/),
      )
    }
    assert.equal(createStaticIssuer(options({ jwks: { keys: [foreign] } }), own).name, 'jobs')
  })

  it('leaves a missing audience to the policy', () => {
    assert.throws(
      () => createStaticIssuer(options({ jwk }), makeTrustWorld({ audience: [] }).context),
      refusal('ERR_S2S_OPTION_INVALID', /^audience is missing for urn:jobs/),
    )
  })
})

describe('readTextOrFile', () => {
  it('gives the text itself', () => {
    assert.equal(readTextOrFile('text', 'name'), 'text')
  })

  it('keeps the cause when the file cannot be read', () => {
    assert.throws(
      () => readTextOrFile({ file: folder }, 'name'),
      (error: Error) => (error.cause as NodeJS.ErrnoException).code === 'EISDIR',
    )
  })
})

describe('readCertificate', () => {
  it('reads PEM and base64 DER', () => {
    for (const text of [certificate.certificatePem, certificate.derBase64]) {
      assert.equal(readCertificate(text, 'name').x5t, certificate.x5t)
    }
  })

  for (const [name, text] of Object.entries({
    'a private key': certificate.privateKeyPem,
    'a word': 'certificate!',
    'two certificates': certificate.certificatePem + expired.certificatePem,
    'bytes that are none': 'AAAA',
  })) {
    it(`refuses ${name}, says the fix and keeps the cause`, () => {
      assert.throws(
        () => readCertificate(text, 'jobs'),
        (error: Error) => {
          assert.ok(error.cause instanceof Error)
          return refusal(
            'ERR_S2S_OPTION_INVALID',
            /^jobs: [a-z0-9 ]+; give a certificate as PEM or base64 DER$/i,
          )(error)
        },
      )
    })
  }
})

describe('fixedKeys', () => {
  it('never fetches, never fails, and closes without ado', async () => {
    const keySet: KeySet = { keys: [], findKey: () => assert.fail('not asked') }
    const keys = fixedKeys(keySet)
    assert.equal(keys.current(), keySet)
    assert.deepEqual(await keys.refresh(), { value: keySet, fresh: false })
    assert.equal(keys.failing(), false)
    keys.close()
    assert.equal(keys.current(), keySet)
  })
})

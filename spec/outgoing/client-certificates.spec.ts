import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { readClientCertificates, refuseOtherCertificate } from '../../lib/outgoing/client-certificates.ts'
import type { OAuthTokenOptions } from '../../lib/outgoing/oauth-options.ts'
import type { TlsClientCertificate } from '../../lib/oauth/client-authentication-options.ts'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { tellAll } from '../support/oauth-caller.ts'

const secret = { type: 'client_secret_basic', secret: 'a-secret' } as const
const usual: OAuthTokenOptions = { issuer: 'https://login.example', clientId: 'documents', authentication: secret }

describe('client certificates of a client of an OAuth issuer', () => {
  let certificate: TestCertificate
  let other: TestCertificate
  before(async () => {
    certificate = await makeCertificate({ commonName: 'Documents', keyType: 'ec256' })
    other = await makeCertificate({ commonName: 'Other', keyType: 'ec256' })
  })

  const pair = (): TlsClientCertificate => ({
    certificate: certificate.certificatePem,
    privateKey: certificate.privateKeyPem,
  })
  const read = (options: Partial<OAuthTokenOptions>): [issuer: string | undefined, target: string | undefined] => {
    const { issuer, target } = readClientCertificates({ ...usual, ...options })
    return [issuer?.x5tS256, target?.x5tS256]
  }

  it('are none by default', () => {
    assert.deepEqual(read({}), [undefined, undefined])
  })

  it('are for the issuer alone when they only say who this server is', () => {
    assert.deepEqual(read({ authentication: { type: 'mtls', ...pair() } }), [certificate.x5tS256, undefined])
  })

  it('are for both when tokens are bound to them', () => {
    const both = [certificate.x5tS256, certificate.x5tS256]
    assert.deepEqual(read({ authentication: { type: 'mtls', ...pair() }, mtls: true }), both)
    assert.deepEqual(read({ mtls: pair() }), both)
  })

  it('may come with the authorities in between, from files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'certificate-'))
    try {
      const [certificateFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
      writeFileSync(certificateFile, `${certificate.certificatePem}\n${other.certificatePem}`)
      writeFileSync(keyFile, certificate.privateKeyPem)
      const { target } = readClientCertificates({
        ...usual,
        mtls: { certificate: { file: certificateFile }, privateKey: { file: keyFile } },
      })
      assert.equal(target?.x5tS256, certificate.x5tS256)
      const { validTo } = new X509Certificate(certificate.certificatePem)
      assert.equal(target.notAfter, Date.parse(validTo) / 1000)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  const contradictions: readonly (readonly [name: string, options: () => Partial<OAuthTokenOptions>, RegExp])[] = [
    ['no certificate to bind to', () => ({ mtls: true }), /^oauth\.mtls: true needs authentication/],
    [
      'two certificates for one connection',
      () => ({ authentication: { type: 'mtls', ...pair() }, mtls: pair() }),
      /^oauth\.mtls must be true/,
    ],
    ['two ways to bind', () => ({ mtls: pair(), dpop: true }), /^oauth\.mtls and oauth\.dpop both bind tokens/],
  ]
  for (const [name, options, message] of contradictions) {
    it(`refuses ${name}`, () => {
      assert.throws(() => read(options()), { code: 'ERR_S2S_OPTION_INVALID', message })
    })
  }

  it('refuses a certificate that does not fit its key, without showing the key', () => {
    for (const privateKey of [other.privateKeyPem, 'no key at all, and long enough to be one']) {
      assert.throws(
        () => read({ mtls: { ...pair(), privateKey } }),
        (error: unknown) => {
          assert.match(String(error), /oauth\.mtls: certificate and privateKey must be one key pair, both as PEM/)
          assert.ok(!tellAll(error).includes(privateKey.slice(30, 60)))
          return true
        },
      )
    }
  })

  it('are not shown where an agent has one of its own', () => {
    const { certificatePem: cert, privateKeyPem: key } = certificate
    for (const agent of [new https.Agent({ cert, key }), new https.Agent({ key }), new https.Agent({ pfx: 'a' })]) {
      assert.throws(
        () => {
          refuseOtherCertificate(agent, 'agent')
        },
        { code: 'ERR_S2S_OPTION_INVALID', message: /^agent has a \w+ of its own, which would be shown/ },
      )
    }
    refuseOtherCertificate(new https.Agent({ ca: cert }), 'agent')
    refuseOtherCertificate(undefined, 'agent')
  })
})

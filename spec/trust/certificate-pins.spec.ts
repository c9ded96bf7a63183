import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseCertificate } from '../../lib/keys/certificate.ts'
import { parsePins } from '../../lib/trust/certificate-pins.ts'
import { makeCertificate } from '../support/certificates.ts'
import { refusal } from '../support/refusal.ts'

const certificate = parseCertificate((await makeCertificate({ commonName: 'Farm', keyType: 'ec256' })).certificatePem)
const other = parseCertificate((await makeCertificate({ commonName: 'Other', keyType: 'ec256' })).certificatePem)
const sha1 = Buffer.from(certificate.x5t, 'base64url')
const sha256 = Buffer.from(certificate.x5tS256, 'base64url')

const colons = (bytes: Buffer): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':')

describe('parsePins', () => {
  for (const [hash, bytes] of Object.entries({ 'SHA-1': sha1, 'SHA-256': sha256 })) {
    for (const [spelling, text] of Object.entries({
      'hex in lower case': bytes.toString('hex'),
      'hex in upper case, as Windows shows it': bytes.toString('hex').toUpperCase(),
      'hex with colons, as OpenSSL shows it': colons(bytes).toUpperCase(),
      'hex with spaces, as the Windows dialog shows it': colons(bytes).replaceAll(':', ' '),
      base64url: bytes.toString('base64url'),
      'base64 with padding': bytes.toString('base64'),
      'base64 without padding': bytes.toString('base64').replaceAll('=', ''),
    })) {
      it(`reads ${hash} as ${spelling}`, () => {
        const pins = parsePins([text], 'farm')
        assert.equal(pins.has(certificate), true)
        assert.equal(pins.has(other), false)
      })
    }
  }

  it('reads the two characters that base64 and base64url write differently', () => {
    const x5t = Buffer.alloc(20, Buffer.from('fbefff', 'hex')).toString('base64url')
    assert.match(x5t, /-.*_/)
    const pins = parsePins([Buffer.from(x5t, 'base64url').toString('base64')], 'farm')
    assert.equal(pins.has({ ...certificate, x5t }), true)
  })

  it('reads several', () => {
    const pins = parsePins([other.x5t, certificate.x5tS256], 'farm')
    assert.equal(pins.has(certificate), true)
    assert.equal(pins.has(other), true)
  })

  it('pins nothing by an empty list', () => {
    assert.equal(parsePins([], 'farm').has(certificate), false)
  })

  for (const [name, text] of Object.entries({
    'an empty text': '',
    'a word': 'thumbprint',
    'a hash that is too short': sha1.subarray(1).toString('hex'),
    'a hash that is too long': `${sha1.toString('hex')}00`,
    'a hash and half a byte': `${sha1.toString('hex')}0`,
    'a long hash and half a byte': `${sha256.toString('hex')}0`,
    'a hash of no known length': sha256.subarray(0, 28).toString('base64url'),
    'characters that base64 skips': `${sha1.toString('base64url').slice(0, 10)}!${sha1.toString('base64url').slice(10)}`,
    'an ellipsis': `${sha1.toString('hex').slice(0, 8)}...`,
    'the certificate itself': certificate.key.export({ type: 'spki', format: 'der' }).toString('base64'),
  })) {
    it(`refuses ${name} at start, without printing it`, () => {
      assert.throws(
        () => parsePins([certificate.x5t, text], 'farm'),
        refusal(
          'ERR_S2S_OPTION_INVALID',
          'farm: thumbprints must be SHA-1 or SHA-256 of the certificate, in hex, base64 or base64url',
        ),
      )
    })
  }
})

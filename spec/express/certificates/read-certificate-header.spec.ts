import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CertificateEncoding } from '../../../lib/binding/client-certificate-options.ts'
import { readCertificateHeader } from '../../../lib/express/certificates/read-certificate-header.ts'
import { makeCertificate } from '../../support/certificates.ts'
import { publicKeyToPem } from '../../support/key-pairs.ts'

const certificate = await makeCertificate({ commonName: 'client', keyType: 'ec256' })
const another = await makeCertificate({ commonName: 'another', keyType: 'ec256' })
const expired = await makeCertificate({ commonName: 'expired', keyType: 'ec256', notBefore: 1_000_000_000, days: 1 })
const { certificatePem: pem, derBase64: der, x5tS256 } = certificate
const hexadecimal = Buffer.from(x5tS256, 'base64url').toString('hex')
const spki = certificate.publicKey.export({ type: 'spki', format: 'der' })

/** As nginx writes `$ssl_client_escaped_cert`. */
const escape = (text: string): string => encodeURIComponent(text)
const labelled = (label: string, bytes: Buffer): string =>
  `-----BEGIN ${label}-----\n${bytes.toString('base64')}\n-----END ${label}-----\n`
const withByteAfter = Buffer.concat([Buffer.from(der, 'base64'), Buffer.from([0])])
const truncated = Buffer.from(der, 'base64').subarray(0, -1)

type Cases = Readonly<Record<string, string>>

const holding: Readonly<Record<CertificateEncoding, Cases>> = {
  rfc9440: { 'DER between colons': `:${der}:` },
  'escaped-pem': {
    'the PEM of nginx': escape(pem),
    'the PEM of nginx without the last line end': escape(pem.trimEnd()),
    'the PEM of AWS, which leaves +, = and / as they are': escape(pem)
      .replaceAll('%2B', '+')
      .replaceAll('%3D', '=')
      .replaceAll('%2F', '/'),
    'escapes in small letters': escape(pem).replaceAll(/%[0-9A-F]{2}/g, (escaped) => escaped.toLowerCase()),
    'line ends of Windows': escape(pem.replaceAll(/\r?\n/g, '\r\n')),
    'the PEM of Apache, with spaces for line ends': pem.replaceAll(/\r?\n/g, ' '),
  },
  'base64-der': { DER: der },
  xfcc: {
    'a hash': `By=spiffe://a;Hash=${hexadecimal};URI=spiffe://b`,
    'a hash in capitals': `Hash=${hexadecimal.toUpperCase()}`,
    'hash and certificate': `Hash=${hexadecimal};Cert="${escape(pem)}";Subject="CN=client"`,
  },
}

const notHolding: Readonly<Record<CertificateEncoding, Cases>> = {
  rfc9440: {
    'DER without colons': der,
    'the first colon only': `:${der}`,
    'the last colon only': `${der}:`,
    'nothing between the colons': '::',
    'a blank within': `: ${der}:`,
    'a parameter': `:${der}:;a=1`,
    'two items': `:${der}:, :${another.derBase64}:`,
    'the same item twice': `:${der}:, :${der}:`,
    base64url: `:${Buffer.from(der, 'base64').toString('base64url')}_:`,
    'no padding': `:${Buffer.concat([Buffer.from(der, 'base64'), Buffer.from([0])])
      .toString('base64')
      .replaceAll('=', '')}A:`,
    PEM: `:${Buffer.from(pem).toString('base64')}:`,
    'escaped PEM': escape(pem),
    'a byte after the certificate': `:${withByteAfter.toString('base64')}:`,
    'a byte too few': `:${truncated.toString('base64')}:`,
    'a public key': `:${spki.toString('base64')}:`,
    'the thumbprint itself': `:${Buffer.from(x5tS256, 'base64url').toString('base64')}:`,
    'a string': '"certificate"',
  },
  'escaped-pem': {
    'two certificates': escape(pem + another.certificatePem),
    'the same certificate twice': escape(pem + pem),
    'two headers joined': `${escape(pem)}, ${escape(another.certificatePem)}`,
    'a chain with a comma': `${escape(pem)},${escape(another.certificatePem)}`,
    'text before it': `subject=CN%3Dclient%0A${escape(pem)}`,
    'text after it': `${escape(pem)}%0Aand more`,
    'a public key': escape(publicKeyToPem(certificate.publicKey)),
    'a private key': escape(certificate.privateKeyPem),
    'a public key that is called a certificate': escape(labelled('CERTIFICATE', spki)),
    'a certificate that is called something else': escape(labelled('X509 CRL', Buffer.from(der, 'base64'))),
    'a trusted certificate of OpenSSL': escape(labelled('TRUSTED CERTIFICATE', Buffer.from(der, 'base64'))),
    'no end line': escape(pem.slice(0, pem.indexOf('-----END'))),
    'no begin line': escape(pem.slice(pem.indexOf('\n'))),
    'the lines and nothing between': escape('-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'),
    'the lines and padding between': escape('-----BEGIN CERTIFICATE-----\n====\n-----END CERTIFICATE-----\n'),
    'a byte after the certificate': escape(labelled('CERTIFICATE', withByteAfter)),
    'PEM that is escaped twice': escape(escape(pem)),
    'a broken escape': `${escape(pem)}%`,
    'a broken escape in it': escape(pem).replace('%0A', '%0G'),
    'bytes that are no UTF-8': escape(pem).replace('%0A', '%FF'),
    'a zero byte': escape(pem).replace('%0A', '%00'),
    'only DER': der,
    '(null), as Apache writes it': '(null)',
  },
  'base64-der': {
    'two certificates': `${der},${another.derBase64}`,
    'two headers joined': `${der}, ${another.derBase64}`,
    'two certificates in a row': Buffer.concat([
      Buffer.from(der, 'base64'),
      Buffer.from(another.derBase64, 'base64'),
    ]).toString('base64'),
    'a blank within': `${der.slice(0, 4)} ${der.slice(4)}`,
    'a character too few': der.replaceAll('=', '').slice(0, -1),
    'a public key': spki.toString('base64'),
    'an empty sequence': Buffer.from([0x30, 0]).toString('base64'),
    PEM: pem.replaceAll(/\r?\n/g, ' '),
    '-': '-',
  },
  xfcc: {
    'a hash of another certificate than the one beside it': `Hash=${hexadecimal};Cert="${escape(another.certificatePem)}"`,
    'a certificate that cannot be read': `Hash=${hexadecimal};Cert="x"`,
    'an empty certificate': `Hash=${hexadecimal};Cert=""`,
    'a certificate without hash': `Cert="${escape(pem)}"`,
    'two elements': `Hash=${hexadecimal},Hash=${hexadecimal}`,
    'only PEM': escape(pem),
  },
}

for (const encoding of Object.keys(holding) as CertificateEncoding[]) {
  describe(`a header with a certificate as ${encoding}`, () => {
    for (const [name, text] of Object.entries(holding[encoding])) {
      it(`gives the thumbprint of ${name}`, () => {
        assert.equal(readCertificateHeader(text, encoding), x5tS256)
      })
    }

    const everywhere: Cases = {
      nothing: '',
      'a blank': ' ',
      'a word': 'certificate',
      '20 kB': `${holding[encoding][Object.keys(holding[encoding])[0] ?? ''] ?? ''}${' '.repeat(20_000)}`,
      'what is no ASCII': '\u00fc'.repeat(64),
    }
    for (const [name, text] of Object.entries({ ...everywhere, ...notHolding[encoding] })) {
      it(`gives nothing for ${name}`, () => {
        assert.equal(readCertificateHeader(text, encoding), undefined)
      })
    }
  })
}

it('an expired certificate is one as well: dates are for the TLS layer', () => {
  assert.equal(readCertificateHeader(expired.derBase64, 'base64-der'), expired.x5tS256)
})

it('keys that sign no tokens may be in a client certificate', async () => {
  const weak = await makeCertificate({ commonName: 'weak', keyType: 'rsa1024' })
  assert.equal(readCertificateHeader(weak.derBase64, 'base64-der'), weak.x5tS256)
})

it('a header is read in a time that grows with its length only', () => {
  for (const encoding of Object.keys(holding) as CertificateEncoding[]) {
    for (const unit of ['%0A', '-', '-----BEGIN CERTIFICATE-----', 'A', '=', ' ', ':', '%']) {
      const started = performance.now()
      readCertificateHeader(unit.repeat(16_000 / unit.length), encoding)
      readCertificateHeader(`-----BEGIN CERTIFICATE-----${unit.repeat(16_000 / unit.length)}`, encoding)
      assert.ok(performance.now() - started < 500, `${encoding}: ${unit}`)
    }
  }
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import express from 'express'
import type { ClientCertificateOptions } from '../../../lib/binding/client-certificate-options.ts'
import { checkServer, type CheckedServer } from '../../../lib/doctor/server/check-server.ts'
import { makeCertificate } from '../../support/certificates.ts'
import { sound } from '../../support/faulty-tokens.ts'

const { derBase64 } = await makeCertificate({ commonName: 'client', keyType: 'ec256' })
const header = { from: 'header', header: 'X-SSL-Client-DER', encoding: 'base64-der' } as const
const socket = { from: 'socket' } as const

function proxied(setting?: unknown): { readonly app: express.Express } {
  const app = express()
  if (setting !== undefined) app.set('trust proxy', setting)
  return { app }
}

/** A request from a proxy at 10.0.0.7 that ended TLS, with this certificate. */
function sample(...certificates: readonly string[]): Pick<CheckedServer, 'sampleRequest'> {
  const rawHeaders = certificates.flatMap((value) => ['X-SSL-Client-DER', value])
  const headers = {
    'x-forwarded-proto': 'https',
    ...(certificates.length === 0 ? {} : { 'x-ssl-client-der': certificates.join(', ') }),
  }
  return { sampleRequest: { headers, rawHeaders, socket: { remoteAddress: '10.0.0.7' } } as object as never }
}

const findingsOf = (from: ClientCertificateOptions | undefined, server: CheckedServer): readonly string[] =>
  checkServer(server, { ...sound, ...(from === undefined ? {} : { clientCertificates: from }) })
    .filter(({ kind }) => kind.startsWith('certificate-'))
    .map(({ severity, kind }) => `${severity} ${kind}`)

describe('checkServer, of client certificates', () => {
  const ignored = 'certificate-header-ignored'
  const unusable = 'certificate-header-unusable'
  const unseen = 'certificate-unseen'
  const found: readonly (readonly [string, string, ClientCertificateOptions, CheckedServer])[] = [
    ['a header without trust proxy', `error ${ignored}`, header, proxied()],
    ['a header with trust proxy off', `error ${ignored}`, header, { trustProxy: false }],
    ['a header, where nobody said what trust proxy is', `warning ${ignored}`, header, {}],
    ['a certificate in another encoding', `error ${unusable}`, header, { ...proxied('10.0.0.7'), ...sample(':AAAA:') }],
    ['two certificates', `error ${unusable}`, header, { ...proxied('10.0.0.7'), ...sample(derBase64, derBase64) }],
    [
      'a certificate from an address that is not trusted',
      `error ${unusable}`,
      header,
      { ...proxied('10.0.0.8'), ...sample(derBase64) },
    ],
    ['the connection behind a proxy', `error ${unseen}`, socket, { ...proxied('10.0.0.7'), isBehindProxy: true }],
    [
      'the connection, and a request over plain http',
      `error ${unseen}`,
      socket,
      { ...proxied('10.0.0.7'), ...sample() },
    ],
  ]
  for (const [name, finding, from, server] of found) {
    it(`finds: ${name}`, () => {
      assert.deepEqual(findingsOf(from, server), [finding])
    })
  }

  const silent: readonly (readonly [string, ClientCertificateOptions | undefined, CheckedServer])[] = [
    ['nothing that is configured', undefined, { ...proxied(), isBehindProxy: true }],
    ['a header of a trusted proxy', header, { ...proxied('10.0.0.7'), ...sample(derBase64) }],
    ['a caller without certificate', header, { ...proxied('10.0.0.7'), ...sample() }],
    ['an empty header', header, { ...proxied('10.0.0.7'), ...sample('') }],
    ['a header, without a request to look at', header, proxied('10.0.0.7')],
    ['the connection', socket, { ...proxied(), sampleRequest: { headers: {}, socket: { encrypted: true } } }],
    ['the connection, without a request to look at', socket, proxied()],
  ]
  for (const [name, from, server] of silent) {
    it(`is silent about ${name}`, () => {
      assert.deepEqual(findingsOf(from, server), [])
    })
  }

  it('says what to do', () => {
    const findings = checkServer(proxied(), { ...sound, clientCertificates: header })
    assert.deepEqual(findings, [
      {
        severity: 'error',
        kind: ignored,
        sentence:
          'Client certificates are taken from X-SSL-Client-DER, and trust proxy is not set: nobody is believed who writes it.',
        fix: "app.set('trust proxy', <address of the proxy>), such as 'loopback'.",
      },
    ])
  })

  it('finds a misspelt option of it like any other', () => {
    const clientCertificates = { from: 'header', header: 'A', encoding: 'der' } as never
    assert.deepEqual(
      checkServer(proxied(), { ...sound, clientCertificates }).map(({ kind }) => kind),
      ['configuration'],
    )
  })
})

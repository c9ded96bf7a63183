import type { ClientCertificateOptions } from '../../binding/client-certificate-options.ts'
import { createProveClientCertificate } from '../../express/certificates/prove-client-certificate.ts'
import type { TransportRequest } from '../../express/secure-transport.ts'
import { findingOf, type Finding } from '../finding.ts'
import type { ProxyFacts } from './check-proxy.ts'

/**
 * Faults of `clientCertificates`: a header that nobody is believed to write (see `checkProxy` for anybody), and a connection that never has the
 * certificate of a caller. The header of a sample request is read by the guard's own rule.
 *
 * Does not see whether the proxy overwrites the header: the operator must.
 */
export function checkCertificates(facts: ProxyFacts, from: ClientCertificateOptions | undefined): readonly Finding[] {
  if (from === undefined) return []
  return from.from === 'socket' ? checkSocket(facts) : checkHeader(facts, from)
}

function checkSocket({ isBehindProxy, sampleRequest }: ProxyFacts): readonly Finding[] {
  const isForwarded = sampleRequest !== undefined && sampleRequest.socket.encrypted !== true
  if (isBehindProxy !== true && !isForwarded) return []
  const cause =
    'clientCertificates takes them from the connection, and TLS does not end here: no certificate of a caller is ever seen'
  const fix = 'have the proxy write it into a header, and name that in clientCertificates'
  return [findingOf('error', { kind: 'certificate-unseen', cause, fix })]
}

type FromHeader = Extract<ClientCertificateOptions, { from: 'header' }>

function checkHeader({ app, isSettingKnown, sampleRequest }: ProxyFacts, from: FromHeader): readonly Finding[] {
  const { header } = from
  const setting = app.get('trust proxy')
  if (setting === undefined || setting === false) {
    const cause = `client certificates are taken from ${header}, and trust proxy is not set: nobody is believed who writes it`
    const fix = "app.set('trust proxy', <address of the proxy>), such as 'loopback'"
    return [findingOf(isSettingKnown ? 'error' : 'warning', { kind: 'certificate-header-ignored', cause, fix })]
  }
  return sampleRequest === undefined ? [] : checkSample({ ...sampleRequest, app }, from)
}

/** Not every caller has a certificate; but one that came must be readable. */
function checkSample(
  sample: TransportRequest & { readonly rawHeaders?: unknown },
  from: FromHeader,
): readonly Finding[] {
  if ((sample.headers[from.header.toLowerCase()] ?? '') === '') return []
  const rawHeaders = Array.isArray(sample.rawHeaders) ? sample.rawHeaders.map(String) : []
  const proved = createProveClientCertificate(from)({ ...sample, rawHeaders })
  if (!('missing' in proved)) return []
  const cause = `the client certificate of the sample request is not believed: ${proved.missing}`
  const fix =
    'have the proxy replace the header, in the encoding that clientCertificates names, and name its address in trust proxy'
  return [findingOf('error', { kind: 'certificate-header-unusable', cause, fix })]
}

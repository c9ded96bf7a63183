import { TokenError } from '../foundation/errors.ts'
import { thumbprint } from '../keys/certificate.ts'
import type { Presented, PresentedCertificate, ProvedCertificate } from './presented.ts'

/**
 * Checks that a request came with the client certificate that its token is bound to: the same one, byte for byte.
 *
 * @throws TokenError `ERR_S2S_TOKEN_BOUND`
 * @see RFC 8705 section 3
 */
export function proveCertificate(x5tS256: string, clientCertificate: Presented['clientCertificate']): void {
  const proved = readPresented(typeof clientCertificate === 'function' ? clientCertificate() : clientCertificate)
  if ('missing' in proved)
    throw notProved(`the token is bound to a client certificate ("x5t#S256"), and ${proved.missing}`)
  // Both are public: there is nothing to learn from how long it takes.
  if (proved.x5tS256 !== x5tS256) {
    throw notProved('the token is bound to another client certificate ("x5t#S256") than the one of the request')
  }
}

const without: ProvedCertificate = { missing: 'the request came without one' }

function readPresented(given: PresentedCertificate | undefined): ProvedCertificate {
  if (given === undefined) return without
  if (given instanceof Uint8Array) return { x5tS256: thumbprint(given, 'sha256') }
  if ('raw' in given) return { x5tS256: thumbprint(given.raw, 'sha256') }
  // Node's `getPeerCertificate()` gives an empty object where there is none.
  return 'x5tS256' in given || 'missing' in given ? given : without
}

function notProved(reason: string): TokenError {
  return new TokenError('ERR_S2S_TOKEN_BOUND', reason)
}

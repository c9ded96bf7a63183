import { TokenError } from '../foundation/errors.ts'
import { thumbprint } from '../keys/certificate.ts'
import type { Presented, ProvedCertificate } from './presented.ts'

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

/** Whatever else it is proves nothing: `null`, or the empty object of Node's `getPeerCertificate()` where there is none. */
function readPresented(given: unknown): ProvedCertificate {
  if (given instanceof Uint8Array) return { x5tS256: thumbprint(given, 'sha256') }
  const { raw, x5tS256, missing } = (given ?? {}) as Partial<Record<'raw' | 'x5tS256' | 'missing', unknown>>
  if (raw instanceof Uint8Array) return { x5tS256: thumbprint(raw, 'sha256') }
  if (typeof x5tS256 === 'string') return { x5tS256 }
  return typeof missing === 'string' ? { missing } : without
}

function notProved(reason: string): TokenError {
  return new TokenError('ERR_S2S_TOKEN_BOUND', reason)
}

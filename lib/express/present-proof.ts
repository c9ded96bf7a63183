import type { Request } from 'express'
import type { Presented, PresentedDpop } from '../binding/presented.ts'
import type { TokenCredential } from './bearer-credential.ts'
import type { GuardContext } from './guard-context.ts'

/**
 * What a request brings along to prove that its token is its own; `undefined` for a plain bearer token, where nothing of the
 * request is read.
 *
 * The path is that of the request line (`originalUrl`), so that a guard below a mount point judges what the client signed.
 */
export function presentedBy(
  request: Request,
  { scheme }: TokenCredential,
  { clientCertificateOf }: Pick<GuardContext, 'clientCertificateOf'>,
): Presented | undefined {
  const clientCertificate = clientCertificateOf === undefined ? undefined : () => clientCertificateOf(request)
  if (scheme === 'dpop') return { scheme, dpop: presentedDpop(request), clientCertificate }
  return clientCertificate === undefined ? undefined : { scheme, clientCertificate }
}

function presentedDpop(request: Request): PresentedDpop {
  const { method, originalUrl, rawHeaders } = request
  return {
    proof: valuesOf('dpop', rawHeaders),
    method,
    path: originalUrl,
    request,
    offerNonce: (nonce) => {
      offerNonce(request, nonce)
    },
  }
}

/** Node joins several headers of one name: only the raw list tells them apart. */
function valuesOf(name: string, rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name)
}

/** An answer with a nonce in it must not be served again from a cache; an application may still say otherwise. */
function offerNonce({ res: response }: Request, nonce: string): void {
  if (response === undefined || response.headersSent) return
  response.setHeader('DPoP-Nonce', nonce)
  if (!response.hasHeader('Cache-Control')) response.setHeader('Cache-Control', 'no-store')
}

import type https from 'node:https'
import { ConfigurationError } from '../foundation/errors.ts'
import { readClientCertificate, type ClientCertificate } from '../oauth/client-certificate.ts'
import type { OAuthTokenOptions } from './oauth-options.ts'

/** The certificates of one client of an OAuth issuer. */
export interface ClientCertificates {
  /** Shown to the issuer. */
  readonly issuer: ClientCertificate | undefined
  /** Shown to the target; tokens are bound to it. */
  readonly target: ClientCertificate | undefined
}

/**
 * Reads the client certificates of a client: which one the issuer sees, and which one the target.
 *
 * Files are read once: a configuration file that is watched makes a new client, and forgets the bound tokens, when one of
 * its files changes; elsewhere make a new client. Does not check dates, nor that anybody accepts the certificate.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`: it cannot be read, certificate and private key do not fit, or the
 * combination of options contradicts itself
 */
export function readClientCertificates({ authentication, mtls, dpop }: OAuthTokenOptions): ClientCertificates {
  const forIssuer =
    authentication.type === 'mtls' ? readClientCertificate(authentication, 'oauth.authentication') : undefined
  if (mtls === undefined) return { issuer: forIssuer, target: undefined }
  if (dpop !== undefined) throw invalid('oauth.mtls and oauth.dpop both bind tokens; leave one of them out')
  if (mtls === true) {
    if (forIssuer === undefined) {
      throw invalid(
        "oauth.mtls: true needs authentication of the type 'mtls'; or set it to { certificate, privateKey }",
      )
    }
    return { issuer: forIssuer, target: forIssuer }
  }
  if (forIssuer !== undefined) {
    throw invalid(
      "oauth.mtls must be true with authentication of the type 'mtls': one connection shows one certificate",
    )
  }
  const own = readClientCertificate(mtls, 'oauth.mtls')
  return { issuer: own, target: own }
}

/**
 * Sees to it that an agent does not show a certificate of its own instead: its own options win.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function refuseOtherCertificate(agent: https.Agent | undefined, name: string): void {
  const { options = {} } = agent ?? {}
  const own = (['cert', 'key', 'pfx', 'secureContext'] as const).find((option) => options[option] !== undefined)
  if (own !== undefined)
    throw invalid(`${name} has a ${own} of its own, which would be shown in place of the certificate of oauth`)
}

function invalid(reason: string): ConfigurationError {
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', reason)
}

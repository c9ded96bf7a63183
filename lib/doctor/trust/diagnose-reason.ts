import { UnavailableError } from '../../foundation/errors.ts'
import type { Diagnosis } from '../finding.ts'

/** Why an issuer cannot be used whose documents are in order: what the server itself said. */
export function diagnoseReason(error: unknown): Diagnosis {
  const reason = error instanceof UnavailableError ? (error.reason ?? error.message) : 'an unexpected error'
  if (reason.includes('no certificate that may be used')) {
    return {
      kind: 'certificates-not-allowed',
      cause:
        "none of the published certificates may be used: none is listed in thumbprints, or they are this server's own",
      fix: "compare thumbprints with the certificates of the issuer, and metadataEndpoint with this server's own address",
    }
  }
  if (reason.includes("server's own key only")) {
    return {
      kind: 'own-key',
      cause: "the issuer publishes this server's own key only",
      fix: 'check the address: it is that of this server, or both have one key',
    }
  }
  return { kind: 'unusable', cause: reason, fix: 'look at what the sentence names' }
}

import { S2SError } from '../../foundation/errors.ts'
import { readUrl } from '../../foundation/read-url.ts'
import type { Diagnosis } from '../finding.ts'
import type { ObservedAnswer } from './observed-answer.ts'

/** What a fetch that failed was about. */
export interface FailedFetch {
  readonly url: string
  readonly error: unknown
  /** The answer, when there was one. */
  readonly answer: ObservedAnswer | undefined
}

/** Why a document of an issuer could not be fetched. */
export function diagnoseFetch(failed: FailedFetch): Diagnosis {
  const { error, answer, url } = failed
  const place = placeOf(url)
  const known = diagnoseNetwork(error)
  if (known !== undefined) return { ...known, cause: `${place} ${known.cause}` }
  if (error instanceof S2SError && error.code === 'ERR_S2S_METADATA_INVALID') return diagnoseBody(failed, place)
  return diagnoseAnswer(answer, place) ?? diagnoseBreak(error, place)
}

/** By the code that Node gave the cause. */
function diagnoseNetwork(error: unknown): Diagnosis | undefined {
  const { code = '' } = Object(error instanceof Error ? error.cause : undefined) as NodeJS.ErrnoException
  return networkFailures[code] ?? (/^EPROTO$|^ERR_SSL_/.test(code) ? notTls : undefined)
}

function placeOf(url: string): string {
  const { origin = url, pathname = '' } = readUrl(url) ?? {}
  return `${origin}${pathname}`
}

const checkNetwork = 'check the address, the firewall, and whether an agent for a proxy is needed'
const unknownAuthority: Diagnosis = {
  kind: 'tls-unknown-authority',
  cause: 'shows a certificate of an authority that is not known here (private or self-signed)',
  fix: 'give the certificate of the authority (PEM) as ca',
}

const notTls: Diagnosis = {
  kind: 'not-tls',
  cause: 'does not speak TLS: perhaps it is plain http',
  fix: 'check the port of the address',
}

/** By Node's error codes. */
const networkFailures: Readonly<Partial<Record<string, Diagnosis>>> = {
  ENOTFOUND: {
    kind: 'dns',
    cause: 'is not found by name (DNS)',
    fix: 'check the spelling of the host, and the name server',
  },
  EAI_AGAIN: {
    kind: 'dns',
    cause: 'is not found by name: the name server does not answer',
    fix: 'mend the name server',
  },
  ECONNREFUSED: { kind: 'connection-refused', cause: 'refuses connections: nobody listens there', fix: checkNetwork },
  ECONNRESET: { kind: 'connection-closed', cause: 'closed the connection', fix: checkNetwork },
  EHOSTUNREACH: { kind: 'unreachable', cause: 'cannot be reached: there is no way to the host', fix: checkNetwork },
  ENETUNREACH: { kind: 'unreachable', cause: 'cannot be reached: there is no way to the network', fix: checkNetwork },
  ETIMEDOUT: { kind: 'timeout', cause: 'does not answer', fix: checkNetwork },
  EPROTO: {
    kind: 'not-tls',
    cause: 'does not speak TLS: perhaps it is plain http',
    fix: 'check the port of the address',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    kind: 'tls-name',
    cause: 'shows a certificate of another name',
    fix: 'use the name that stands in the certificate, or have the issuer get one for this name',
  },
  CERT_HAS_EXPIRED: {
    kind: 'tls-expired',
    cause: 'shows an expired TLS certificate',
    fix: 'have the issuer renew it; when it is good elsewhere, the clock of this server is ahead',
  },
  CERT_NOT_YET_VALID: {
    kind: 'tls-not-yet-valid',
    cause: 'shows a TLS certificate that is not valid yet',
    fix: 'set the clock of this server by NTP, or wait until the certificate is valid',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
}

function diagnoseBody({ answer, error }: FailedFetch, place: string): Diagnosis {
  if (/html/i.test(answer?.contentType ?? '')) {
    return {
      kind: 'html',
      cause: `${place} answers with a web page (HTML) instead of JSON: a login page, a proxy or a wrong path`,
      fix: 'check the path of the address, and open it without sign-in',
    }
  }
  const isCompressed = error instanceof S2SError && error.reason?.includes('compressed') === true
  return isCompressed
    ? {
        kind: 'compressed',
        cause: `${place} compresses its answer unasked`,
        fix: 'have it honour Accept-Encoding: identity',
      }
    : { kind: 'not-json', cause: `${place} does not send one JSON object`, fix: 'check the path of the address' }
}

const showToken =
  'set discoveryTokenFile (in Kubernetes the token of the pod itself), or have the issuer open the document to everybody'

const fixesOfStatus: Readonly<Partial<Record<number, string>>> = {
  401: showToken,
  403: showToken,
  404: 'check the path of the address',
}

/** An answer that came, and is none to use. */
function diagnoseAnswer(answer: ObservedAnswer | undefined, place: string): Diagnosis | undefined {
  if (answer === undefined || answer.status === 200) return undefined
  if (answer.status >= 300 && answer.status < 400) {
    const target = readUrl(answer.location ?? '', answer.url)
    const to = target === undefined ? '' : ` to ${target.origin}${target.pathname}`.slice(0, 200)
    return {
      kind: 'redirect',
      cause: `${place} redirects${to}, and redirects are never followed`,
      fix: 'configure the address that it redirects to, if it is the right one',
    }
  }
  const fix = fixesOfStatus[answer.status] ?? 'look at the log of the issuer'
  return { kind: 'status', cause: `${place} answers with status ${answer.status}`, fix }
}

/** By what `fetchJson` and the look itself say. */
function diagnoseBreak(error: unknown, place: string): Diagnosis {
  const reason = (error instanceof S2SError ? (error.reason ?? '') : String(error)).replace(`${place} `, '')
  if (/within \d+ ms|no time is left/.test(reason)) {
    return { kind: 'timeout', cause: `${place} does not answer in full in time`, fix: checkNetwork }
  }
  if (reason.includes('sent more than')) {
    return { kind: 'too-large', cause: `${place} sends too much`, fix: 'check the address, or raise maximumBytes' }
  }
  return { kind: 'unreachable', cause: `${place} could not be fetched: ${reason}`, fix: checkNetwork }
}

import { findingOf, type Finding } from '../finding.ts'
import { printDuration, printTime } from '../print-duration.ts'

const day = 86_400

/** Something that ends, and when. */
export interface EndingCertificate {
  /** `the signing certificate X` or `the TLS certificate`. */
  readonly what: string
  /** What its kinds begin with: `certificate` or `tls`. */
  readonly kind: 'certificate' | 'tls'
  readonly notBefore?: number
  readonly notAfter: number
}

/** Findings about a certificate that ends soon, has ended, or is not valid yet. */
export function checkCertificateDates(certificate: EndingCertificate, issuer: string, now: number): readonly Finding[] {
  const { what, kind, notBefore = 0, notAfter } = certificate
  const renew = 'have the issuer renew it, and configure the new one here where certificates are configured'
  if (now > notAfter) {
    const cause = `${what} ended ${printDuration(now - notAfter)} ago (${printTime(notAfter)})`
    return [findingOf('error', { kind: `${kind}-expired`, cause, fix: renew }, issuer)]
  }
  if (now < notBefore) {
    const cause = `${what} is valid only from ${printTime(notBefore)}, in ${printDuration(notBefore - now)}`
    const fix = 'wait, or set the clock of this server by NTP'
    return [findingOf('error', { kind: `${kind}-not-yet-valid`, cause, fix }, issuer)]
  }
  const days = [1, 7, 30].find((limit) => notAfter - now <= limit * day)
  if (days === undefined) return []
  const cause = `${what} ends in ${printDuration(notAfter - now)} (${printTime(notAfter)})`
  return [findingOf(days === 1 ? 'error' : 'warning', { kind: `${kind}-ends-${days}`, cause, fix: renew }, issuer)]
}

/** The difference between the issuer's clock and ours, as far as an answer tells it. */
export function checkClock(
  { date, receivedAt }: { readonly date: number | undefined; readonly receivedAt: number },
  issuer: string,
  toleranceSeconds: number,
): readonly Finding[] {
  if (date === undefined) return []
  const ahead = receivedAt - date
  if (Math.abs(ahead) <= Math.max(5, toleranceSeconds / 2)) return []
  const isBeyond = Math.abs(ahead) > toleranceSeconds
  const cause = `the clock of this server is ${printDuration(ahead)} ${ahead > 0 ? 'ahead of' : 'behind'} that of the issuer${isBeyond ? `, beyond clockToleranceSeconds (${toleranceSeconds})` : ''}`
  return [findingOf(isBeyond ? 'error' : 'warning', { kind: 'clock', cause, fix: 'set both clocks by NTP' }, issuer)]
}

import type { UnverifiedToken } from '../../tokens/unverified-token.ts'
import type { TrustedIssuer } from '../../trust/trusted-issuer.ts'
import type { Diagnosis } from '../finding.ts'
import type { ShowValue } from '../show-value.ts'
import { printDuration, printTime } from '../print-duration.ts'
import { isKeySubject } from './key-subject.ts'
import type { TokenSubject } from '../token-subject.ts'

/** Why the key that was found may not be used. */
export async function diagnoseUnusableKey(subject: TokenSubject): Promise<Diagnosis | undefined> {
  if (!isKeySubject(subject)) return undefined
  const { signed, issuer, now, show } = subject
  const key = await issuer.keys.current()
  try {
    const { usableFrom = 0, usableUntil = Infinity, id } = key.findKey(signed.header)
    const isOver = now > usableUntil
    const [kind, when] = isOver
      ? ['certificate-expired', `expired ${printDuration(now - usableUntil)} ago (${printTime(usableUntil)})`]
      : [
          'certificate-not-yet-valid',
          `is valid only from ${printTime(usableFrom)}, in ${printDuration(usableFrom - now)}`,
        ]
    return {
      kind,
      cause: `the certificate ${id} of ${issuer.name} that the header names ${when}`,
      fix: isOver
        ? 'have the issuer renew its certificate, and configure the new one where certificates are configured here'
        : 'wait until it is valid, or set the clock of this server by NTP',
    }
  } catch {
    // The key set refuses the key itself: it is of another kind than the algorithm.
    return diagnoseKeyKind(signed, issuer, show)
  }
}

/** A key that does not fit the algorithm of the token. */
export function diagnoseKeyKind({ header }: UnverifiedToken, issuer: TrustedIssuer, show: ShowValue): Diagnosis {
  return {
    kind: 'key-kind',
    cause: `"alg" is ${show(header.alg)}, and the key of ${issuer.name} that the header names is of another kind`,
    fix: 'have the issuer write the algorithm that it signs with, and mend its key set',
  }
}

import { canonicalNameIdentifierIssuer, windowsNameIdentifierIssuer } from '../../identity/user-stores.ts'
import type { TrustedIssuerOptions } from '../../trust/issuer-options.ts'
import type { DoctorOptions } from '../doctor-options.ts'
import { findingOf, type Finding } from '../finding.ts'
import { nameOfOptions } from '../options-of-issuer.ts'
import { printDuration } from '../print-duration.ts'
import { delegatesOf } from './check-names.ts'

const largeToleranceSeconds = 300
const longLifetimeSeconds = 7 * 86_400

/** Limits that are opened wide, hosts without the port that callers use, and user stores that are not mapped. */
export function checkLimits(options: DoctorOptions, port: number | undefined): readonly Finding[] {
  return [
    ...('dangerouslyAllowPlainHttp' in options && options.dangerouslyAllowPlainHttp ? [plainHttp] : []),
    ...options.trustedIssuers.flatMap(checkIssuerLimits),
    ...checkHosts(options, port),
    ...checkUserStores(options),
  ]
}

const plainHttp = findingOf('error', {
  kind: 'plain-http-allowed',
  cause: 'dangerouslyAllowPlainHttp is on: every token that comes over plain http is exposed',
  fix: 'leave it out everywhere but on your own machine',
})

function checkIssuerLimits(entry: TrustedIssuerOptions): readonly Finding[] {
  const { clockToleranceSeconds = 0, maximumLifetimeSeconds = 0 } = entry
  const name = nameOfOptions(entry)
  const findings: Finding[] = []
  if (clockToleranceSeconds > largeToleranceSeconds) {
    const cause = `the issuer tolerates clocks that differ by ${printDuration(clockToleranceSeconds)}: expired tokens live on for as long`
    findings.push(
      findingOf(
        'warning',
        { kind: 'clock-tolerance', cause, fix: 'set the clocks by NTP and leave clockToleranceSeconds out' },
        name,
      ),
    )
  }
  if (maximumLifetimeSeconds > longLifetimeSeconds) {
    const cause = `the issuer may give tokens that live ${printDuration(maximumLifetimeSeconds)}: a stolen one works for as long`
    findings.push(findingOf('warning', { kind: 'lifetime', cause, fix: 'have the issuer give shorter tokens' }, name))
  }
  return findings
}

/** A host without a port stands for itself and for port 443. */
function checkHosts({ self }: DoctorOptions, port: number | undefined): readonly Finding[] {
  if (self === undefined || port === undefined || port === 443) return []
  if (self.hosts.some((host) => host.endsWith(`:${port}`))) return []
  const host = self.hosts[0]?.replace(/:\d+$/, '') ?? ''
  const cause = `callers use port ${port}, and self.hosts does not name it: tokens for ${host}:${port} are refused`
  return [
    findingOf('warning', {
      kind: 'hosts-port',
      cause,
      fix: `write '${host}:${port}' into self.hosts`,
    }),
  ]
}

/** SharePoint and Exchange name users of Active Directory by SID. */
function checkUserStores({ findProfiles, profileOptions, trustedIssuers }: DoctorOptions): readonly Finding[] {
  const stores = profileOptions?.userStores
  if (findProfiles === undefined || stores === undefined) return []
  if (!trustedIssuers.some((entry) => delegatesOf(entry).length > 0)) return []
  const names = Object.keys(stores).map(canonicalNameIdentifierIssuer)
  if (names.includes(windowsNameIdentifierIssuer)) return []
  const cause = `userStores has no ${windowsNameIdentifierIssuer}: users whom SharePoint or Exchange names by SID are refused (ERR_S2S_USER_STORE_UNKNOWN)`
  return [findingOf('warning', { kind: 'nii-unmapped', cause, fix: 'map it, if there are Windows users' })]
}

import type { Diagnosis } from '../finding.ts'
import type { TokenSubject } from '../token-subject.ts'
import { diagnoseReason } from '../trust/diagnose-reason.ts'
import { inspectIssuer } from '../trust/inspect-issuer.ts'
import { placesOf, type RemotePlace } from '../trust/issuer-place.ts'

/** The first thing that is wrong with the documents of an issuer that cannot be used. */
export async function diagnoseOutage(subject: TokenSubject): Promise<Diagnosis> {
  const { options, now, error } = subject
  const places = placesOfSubject(subject)
  for (const place of places) {
    const { failure } = await inspectIssuer(place, options, () => now)
    if (failure !== undefined) return aboutKeys(failure, place.name)
  }
  return aboutKeys(diagnoseReason(error), places[0]?.name ?? 'the issuer')
}

/** The documents of the issuer that the token names, or else of all issuers that have not told their name yet. */
function placesOfSubject({ issuer, options }: TokenSubject): readonly RemotePlace[] {
  const places = options.trustedIssuers.flatMap((entry) => placesOf(entry, options))
  if (issuer !== undefined) return places.filter(({ issuers }) => issuers.includes(issuer.name))
  return places.filter((place) => place.kind === 's2s' && place.documentIssuer === undefined)
}

function aboutKeys({ kind, cause, fix }: Diagnosis, name: string): Diagnosis {
  return { kind, cause: `the keys of ${name} cannot be had: ${cause}`, fix }
}

import type { Diagnosis } from '../finding.ts'
import { optionsOfIssuer } from '../options-of-issuer.ts'
import type { TokenSubject } from '../token-subject.ts'
import { inspectIssuer } from '../trust/inspect-issuer.ts'
import { diagnoseReason } from '../trust/diagnose-reason.ts'
import { placesOf } from '../trust/issuer-place.ts'

/** The first thing that is wrong with the documents of an issuer that cannot be used. */
export async function diagnoseOutage(subject: TokenSubject): Promise<Diagnosis> {
  const { options, issuer, now, error } = subject
  const entries = issuer === undefined ? options.trustedIssuers : [optionsOfIssuer(options.trustedIssuers, issuer)]
  const places = entries.flatMap((entry) => (entry === undefined ? [] : placesOf(entry, options)))
  const wanted = places.filter(({ name }) => name === issuer?.name)
  for (const place of wanted.length > 0 ? wanted : places) {
    const { failure } = await inspectIssuer(place, options, () => now)
    if (failure === undefined) continue
    return { ...failure, cause: `the keys of ${place.name} cannot be had: ${failure.cause}` }
  }
  const reason = diagnoseReason(error)
  return { ...reason, cause: `the keys of ${issuer?.name ?? 'an issuer'} cannot be had: ${reason.cause}` }
}

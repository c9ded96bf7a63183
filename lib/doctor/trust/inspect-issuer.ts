import { S2SError } from '../../foundation/errors.ts'
import type { JsonObject } from '../../foundation/parse-json.ts'
import type { VerifierOptions } from '../../permissions/caller-options.ts'
import { createFetcher, type DocumentFetch } from '../../trust/remote-keys.ts'
import { fetchOptionsOf } from '../doctor-options.ts'
import { findingOf, type Diagnosis, type Finding } from '../finding.ts'
import { checkCertificateDates, checkClock } from './check-dates.ts'
import { diagnoseFetch } from './diagnose-fetch.ts'
import { diagnoseDiscovery, diagnoseMetadata, diagnoseNoKeys } from './diagnose-document.ts'
import type { RemotePlace } from './issuer-place.ts'
import { createAnswerObserver, type AnswerObserver } from './observed-answer.ts'
import type { PublishedKey } from './published-key.ts'

/** What a look at an issuer found, and the keys it publishes, used or not. */
export interface IssuerInspection {
  readonly findings: readonly Finding[]
  /** Why it cannot be used at all. */
  readonly failure?: Diagnosis
  readonly keys: readonly PublishedKey[]
}

/** One look at an issuer. */
interface Look {
  readonly place: RemotePlace
  readonly now: number
  readonly fetchDocument: DocumentFetch
  readonly observer: AnswerObserver
}

/**
 * Looks at the documents of one issuer, over the network, as the server would: the same addresses, options and limits.
 * Asks no other address than the configured ones and the `jwks_uri` of the issuer's own document. Never rejects.
 */
export async function inspectIssuer(
  place: RemotePlace,
  server: VerifierOptions,
  clock: () => number,
): Promise<IssuerInspection> {
  const observer = createAnswerObserver(clock)
  const fetchOptions = fetchOptionsOf(server)
  const look = {
    place,
    now: clock(),
    observer,
    fetchDocument: createFetcher(place.remote, { fetchOptions }, observer.observe)(),
  }
  try {
    const keys = await (place.kind === 'openid' ? readOpenIdKeys(place, look) : readS2SKeys(place, look))
    return { keys, findings: [...judgeKeys(keys, look), ...judgeAnswer(look)] }
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    const { keys, diagnosis: failure } = error
    return { keys, failure, findings: [findingOf('error', failure, place.name), ...judgeAnswer(look)] }
  }
}

/** Ends a look whose rest makes no sense. */
class Unusable extends Error {
  readonly diagnosis: Diagnosis
  readonly keys: readonly PublishedKey[]

  constructor(diagnosis: Diagnosis, keys: readonly PublishedKey[] = []) {
    super(diagnosis.kind)
    this.diagnosis = diagnosis
    this.keys = keys
  }
}

async function readOpenIdKeys(
  place: Extract<RemotePlace, { kind: 'openid' }>,
  look: Look,
): Promise<readonly PublishedKey[]> {
  const jwksUri = place.jwksUri ?? (await discover(place, look))
  const { keys, diagnosis } = diagnoseNoKeys(await fetchOf(jwksUri, look), jwksUri, place.use)
  if (diagnosis !== undefined) throw new Unusable(diagnosis, keys)
  return keys
}

/** The addresses in turn, as the server asks them; when none answers the first failure counts. */
async function discover(place: Extract<RemotePlace, { kind: 'openid' }>, look: Look): Promise<string> {
  let failure: unknown
  for (const url of place.urls) {
    let document: JsonObject
    try {
      document = await fetchOf(url, look)
    } catch (error) {
      failure ??= error
      continue
    }
    const { jwksUri, diagnosis } = diagnoseDiscovery(document, place.documentIssuer)
    if (diagnosis !== undefined) throw new Unusable(diagnosis)
    return jwksUri
  }
  throw failure
}

async function readS2SKeys(place: Extract<RemotePlace, { kind: 's2s' }>, look: Look): Promise<readonly PublishedKey[]> {
  const { keys, diagnosis } = diagnoseMetadata(await fetchOf(place.url, look), place.documentIssuer)
  if (diagnosis !== undefined) throw new Unusable(diagnosis, keys)
  return keys
}

async function fetchOf(url: string, { fetchDocument, observer }: Look): Promise<JsonObject> {
  try {
    return await fetchDocument(url)
  } catch (error) {
    if (error instanceof S2SError && error.code === 'ERR_S2S_OPTION_INVALID') throw error
    const answer = observer.last()
    throw new Unusable(diagnoseFetch({ url, error, answer: answer?.url === url ? answer : undefined }))
  }
}

function judgeKeys(keys: readonly PublishedKey[], { place, now }: Look): readonly Finding[] {
  const { name } = place
  const used = keys.filter(({ ignored }) => ignored === undefined)
  const ignored = keys.flatMap(({ id, ignored: why }): Finding[] => {
    if (why === undefined) return []
    const fix = 'have the issuer mend or remove the key, if tokens are signed with it'
    return [findingOf('warning', { kind: 'key-ignored', cause: `the key ${id ?? 'without id'} ${why}`, fix }, name)]
  })
  const cause = `the issuer can be reached and publishes ${used.length} usable ${used.length === 1 ? 'key' : 'keys'}`
  return [findingOf('ok', { kind: 'keys', cause, fix: '' }, name), ...ignored, ...judgeDates(used, name, now)]
}

const month = 30 * 86_400

/** A certificate that has a good one beside it may end, or begin later: that is how keys are rolled over. */
function judgeDates(used: readonly PublishedKey[], name: string, now: number): readonly Finding[] {
  const certificates = used.flatMap(({ certificate }) => certificate ?? [])
  const good = certificates.filter(({ notBefore, notAfter }) => notBefore <= now && notAfter > now + month)
  return certificates.flatMap(({ x5t, notBefore, notAfter }) => {
    const what = `the signing certificate ${x5t}`
    const findings = checkCertificateDates({ what, kind: 'certificate', notBefore, notAfter }, name, now)
    return good.length === 0 ? findings : findings.map(soften)
  })
}

function soften(finding: Finding): Finding {
  if (finding.kind === 'certificate-not-yet-valid') return { ...finding, severity: 'ok' }
  return finding.severity === 'error' ? { ...finding, severity: 'warning' } : finding
}

/** What the last answer tells besides its document. */
function judgeAnswer({ place: { name, clockToleranceSeconds }, now, observer }: Look): readonly Finding[] {
  const answer = observer.last()
  if (answer === undefined) return []
  const { certificateEndsAt: notAfter } = answer
  const tls =
    notAfter === undefined
      ? []
      : checkCertificateDates({ what: 'the TLS certificate', kind: 'tls', notAfter }, name, now)
  return [...tls, ...checkClock(answer, name, clockToleranceSeconds)]
}

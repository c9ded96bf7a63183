import type { JsonWebKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The text of a file in spec/vectors. */
function readVector(name: string): string {
  return readFileSync(join(import.meta.dirname, '..', 'vectors', name), 'utf8')
}

/** An invented farm whose issuer is a trust broker; tokens are valid at `now`. */
export interface WorkedExample {
  readonly now: number
  readonly realm: string
  readonly host: string
  readonly audience: string
  readonly issuer: string
  readonly application: string
  readonly x5t: string
  /** Base64 DER. */
  readonly certificate: string
  readonly appOnly: string
  readonly userAndApp: string
}

/** Reads `worked-example.json`. */
export function readWorkedExample(): WorkedExample {
  return JSON.parse(readVector('worked-example.json')) as WorkedExample
}

/** A genuine actor token of 2015 and the certificate that signed it. */
export interface GenuineActorToken {
  readonly certificatePem: string
  readonly actorToken: string
  readonly outerClaims: Readonly<Record<string, unknown>>
  /** A time at which the token is valid. */
  readonly now: number
}

/** Reads `sharepoint-actor-token-2015.json`. */
export function readGenuineActorToken(): GenuineActorToken {
  const vector = JSON.parse(readVector('sharepoint-actor-token-2015.json')) as {
    certificatePem: string[]
    actorToken: string
    outerClaims: Record<string, unknown>
  }
  return { ...vector, certificatePem: vector.certificatePem.join('\n'), now: 1_444_790_000 }
}

/** The genuine metadata document of a SharePoint farm, as text. */
export function readSharePointMetadata(): string {
  return readVector('sharepoint-metadata.json')
}

/** The answers to a request without credential, with an empty one, with a bad one and with a good one. */
type FourAnswersOfForm = Readonly<Record<'none' | 'empty' | 'bad' | 'good', readonly string[]>>

/** What curl gets of README's first server, line by line: status line, headers, an empty line, the body. */
export interface FourAnswers {
  /** Headers that change from call to call, or that the application decides. */
  readonly withoutHeaders: readonly string[]
  readonly protect: FourAnswersOfForm
  readonly passport: FourAnswersOfForm
  /** With `failWithError: true` and the error responder. */
  readonly passportWithErrorResponder: FourAnswersOfForm
  /** Status line and challenge for the empty credential, of a server that has `self` and advertises its issuers. */
  readonly discovery: readonly string[]
}

/** Reads `four-answers.json`. */
export function readFourAnswers(): FourAnswers {
  return JSON.parse(readVector('four-answers.json')) as FourAnswers
}

/** A signature that a standard shows as an example. Only those of RFC 7515 are JWTs: the others sign plain text. */
export interface PublishedSignature {
  readonly source: string
  readonly algorithm: string
  /** The public key. */
  readonly key: JsonWebKey
  readonly token: string
}

/** Reads `published-signatures.json`. */
export function readPublishedSignatures(): readonly PublishedSignature[] {
  return JSON.parse(readVector('published-signatures.json')) as PublishedSignature[]
}

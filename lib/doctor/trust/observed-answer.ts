import type { ObserveAnswer } from '../../foundation/fetch-json.ts'

/** What the last answer of an issuer said besides its document. */
export interface ObservedAnswer {
  readonly url: string
  readonly status: number
  readonly location: string | undefined
  readonly contentType: string | undefined
  /** The issuer's own time, in seconds since 1970; `undefined` when it does not say. */
  readonly date: number | undefined
  /** Our time when the answer came, in seconds since 1970. */
  readonly receivedAt: number
  /** When the TLS certificate ends, in seconds since 1970. */
  readonly certificateEndsAt: number | undefined
}

/** Keeps the last answer that came. */
export interface AnswerObserver {
  readonly observe: ObserveAnswer
  last(this: void): ObservedAnswer | undefined
}

/** Creates an observer of answers, for one look at an issuer. */
export function createAnswerObserver(clock: () => number): AnswerObserver {
  let last: ObservedAnswer | undefined
  return {
    observe: ({ status, header, certificateEndsAt }, url) => {
      const date = Date.parse(header('date') ?? '') / 1000
      last = {
        url,
        status,
        location: header('location'),
        contentType: header('content-type'),
        date: Number.isFinite(date) ? date : undefined,
        receivedAt: clock(),
        certificateEndsAt: certificateEndsAt(),
      }
    },
    last: () => last,
  }
}

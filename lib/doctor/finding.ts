/** What is wrong, and the one change that ends it. */
export interface Diagnosis {
  /** Stable name of the cause, such as `issuer-slash`. */
  readonly kind: string
  /** A clause without full stop. Holds nothing of a token but shortened claim values. */
  readonly cause: string
  /** A clause in the imperative without full stop. */
  readonly fix: string
}

/** How bad a finding is: `error` refuses callers now, `warning` will or may, `ok` is as it should be. */
export type Severity = 'ok' | 'warning' | 'error'

/** One thing that was looked at. */
export interface Finding {
  readonly severity: Severity
  /** Stable name, such as `tls-name` or `certificate-ends-7`. */
  readonly kind: string
  /** The name of the trusted issuer that it is about. */
  readonly issuer?: string
  /** One sentence that says what was found. */
  readonly sentence: string
  /** One sentence that says what to do; empty when nothing is to be done. */
  readonly fix: string
}

/** Makes a finding of a diagnosis. */
export function findingOf(severity: Severity, { kind, cause, fix }: Diagnosis, issuer?: string): Finding {
  const sentences = { sentence: sentenceOf(cause), fix: fix === '' ? '' : sentenceOf(fix) }
  return { severity, kind, ...(issuer === undefined ? {} : { issuer }), ...sentences }
}

/** A clause as a sentence; addresses and names of options keep their letters. */
function sentenceOf(clause: string): string {
  return `${clause.replace(/^[a-z]+(?=[ ,])/, (word) => word.charAt(0).toUpperCase() + word.slice(1))}.`
}

/** What one element of `X-Forwarded-Client-Cert` says of a certificate. */
export interface XfccElement {
  /** SHA-256 of the DER, in hexadecimal. */
  readonly hash: string
  /** The certificate, URL-encoded PEM; Envoy sends it where `set_current_client_cert_details.cert` says so. */
  readonly cert: string | undefined
}

/** One pair and what follows it: another pair, or the end. A comma would begin the element of another proxy. */
const pair = /([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^,;"]*))(;|$)/y

/**
 * Reads Envoy's `X-Forwarded-Client-Cert`, when it is the word of one proxy.
 *
 * Two elements are refused: the first may be what the caller wrote itself, and the last may be made by the caller too,
 * because Envoy writes the names of a certificate (`URI`, `DNS`) without quotes. So is an element that names `Hash` or
 * `Cert` twice.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert
 */
export function readXfcc(text: string): XfccElement | undefined {
  const { hash = [], cert = [] } = readPairs(text)
  const [only = ''] = hash
  if (hash.length > 1 || cert.length > 1 || !/^[0-9a-fA-F]{64}$/.test(only)) return undefined
  return { hash: only, cert: cert[0] }
}

/** The values of the two keys that count, each as often as it occurs; nothing when the text is not one element. */
function readPairs(text: string): Partial<Record<string, string[]>> {
  const values: Record<'hash' | 'cert', string[]> = { hash: [], cert: [] }
  pair.lastIndex = 0
  for (let end: string | undefined = ';'; end !== '';) {
    const found: RegExpExecArray | null = pair.exec(text)
    if (found === null) return {}
    const name = found[1]?.toLowerCase()
    if (name === 'hash' || name === 'cert') values[name].push(String(found[2] ?? found[3]))
    end = found[4]
  }
  return values
}

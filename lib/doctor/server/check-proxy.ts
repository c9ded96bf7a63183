import { isSecureTransport, type TransportRequest } from '../../express/secure-transport.ts'
import { findingOf, type Diagnosis, type Finding } from '../finding.ts'

/** The part of an Express application that says whom it believes. */
export interface ProxySettings {
  get(setting: string): unknown
}

/** What is known of the way from the callers to the server. */
export interface ProxyFacts {
  readonly app: ProxySettings
  /** Whether somebody said what `trust proxy` is. */
  readonly isSettingKnown: boolean
  /** Whether TLS ends at a proxy in front; `undefined`: nobody said so. */
  readonly isBehindProxy?: boolean | undefined
  /** A request as it came. */
  readonly sampleRequest?: TransportRequest | undefined
}

/**
 * Faults of `trust proxy`: one that makes every request look like plain http, and one that lets any client make plain http
 * look like TLS. A sample request is judged by the guard's own rule.
 */
export function checkProxy({ app, isBehindProxy, sampleRequest }: ProxyFacts): readonly Finding[] {
  const setting = app.get('trust proxy')
  const isUnset = setting === undefined || setting === false
  const sample = sampleRequest === undefined ? undefined : { ...sampleRequest, app }
  const blind = isUnset && (isBehindProxy === true || (sample !== undefined && isForwarded(sample)))
  if (blind) return [findingOf('error', notTrusted)]
  return [...checkSetting(setting), ...(sample === undefined ? [] : checkSample(sample))]
}

function isForwarded({ headers, socket }: TransportRequest): boolean {
  return socket.encrypted !== true && headers['x-forwarded-proto'] !== undefined
}

const notTrusted: Diagnosis = {
  kind: 'proxy-not-trusted',
  cause:
    'TLS ends at a proxy in front, and trust proxy is not set: every request looks like plain http and is refused (ERR_S2S_TLS_REQUIRED)',
  fix: "app.set('trust proxy', <address of the proxy>), such as 'loopback'",
}

function checkSetting(setting: unknown): readonly Finding[] {
  if (setting === true) {
    const cause = '"trust proxy" is true: any client that reaches this server directly can say that it came over https'
    return [
      findingOf('error', {
        kind: 'any-proxy-trusted',
        cause,
        fix: "set it to the address of the proxy, such as 'loopback'",
      }),
    ]
  }
  if (typeof setting !== 'number' || setting < 1) return []
  const cause = '"trust proxy" is a number of hops: whoever reaches this server directly is taken for the proxy'
  const fix = 'set it to the address of the proxy, or let nobody but the proxy reach this server'
  return [findingOf('warning', { kind: 'hops-trusted', cause, fix })]
}

function checkSample(sample: TransportRequest): readonly Finding[] {
  if (isSecureTransport(sample)) {
    return [findingOf('ok', { kind: 'tls', cause: 'the sample request counts as one over TLS', fix: '' })]
  }
  return [findingOf('error', diagnoseSample(sample))]
}

/** Why a request is taken for one over plain http. */
function diagnoseSample({ headers, socket, app }: TransportRequest): Diagnosis {
  const forwarded = headers['x-forwarded-proto']
  const refused = 'requests are refused (ERR_S2S_TLS_REQUIRED)'
  if (forwarded === undefined) return diagnoseSilence(headers, refused)
  const trust = app?.get('trust proxy fn')
  const isTrusted =
    typeof trust === 'function' && Boolean((trust as (...of: unknown[]) => unknown)(socket.remoteAddress, 0))
  if (!isTrusted) {
    return {
      kind: 'proxy-address',
      cause: `the address that requests come from, ${printable(socket.remoteAddress)}, is not one that trust proxy names: ${refused}`,
      fix: 'add the address of the proxy to trust proxy',
    }
  }
  return /,|^\s*https/.test(String(forwarded))
    ? {
        kind: 'proxy-appends',
        cause: `the proxy adds to X-Forwarded-Proto instead of replacing it, so that what the client wrote stays: ${refused}`,
        fix: 'have the proxy set the header (nginx: proxy_set_header; haproxy: http-request set-header)',
      }
    : {
        kind: 'proxy-says-http',
        cause: `the proxy says that the request came over plain http: ${refused}`,
        fix: 'call the proxy over https; behind a second proxy, let the first one set X-Forwarded-Proto',
      }
}

function diagnoseSilence(headers: TransportRequest['headers'], refused: string): Diagnosis {
  if (headers['forwarded'] !== undefined) {
    return {
      kind: 'forwarded-only',
      cause: `the proxy writes the header Forwarded only, which is not read: ${refused}`,
      fix: 'have the proxy write X-Forwarded-Proto',
    }
  }
  return {
    kind: 'plain-http',
    cause: `the request came over plain http and no proxy says otherwise: ${refused}`,
    fix: 'serve https, or have the proxy in front write X-Forwarded-Proto and set trust proxy to its address',
  }
}

function printable(address: string | undefined): string {
  return (address ?? 'unknown').replace(/[^0-9A-Za-z.:%]/g, '').slice(0, 60)
}

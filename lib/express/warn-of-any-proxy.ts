import type { AuditLog } from '../audit/audit-log.ts'
import type { TransportRequest } from './secure-transport.ts'

/** Who was told about an application already. */
const told = new WeakMap<object, WeakSet<AuditLog>>()

/**
 * Warns when `trust proxy` is `true` and a request says how it came: Express then believes everybody who can reach the
 * server, so any client that reaches it directly makes plain http look like TLS. Once for each application: a process
 * warning `S2S_ANY_PROXY_TRUSTED`, and an audit event `any-proxy.trusted` for each log.
 *
 * Refuses nothing, and does not find out who can reach the server; a function, a hop count or an address range that trusts
 * everybody is not seen. The operator must see to these.
 *
 * @see https://expressjs.com/en/guide/behind-proxies.html
 */
export function warnOfAnyProxy({ headers, app }: TransportRequest, audit: AuditLog): void {
  if (headers['x-forwarded-proto'] === undefined || app?.get('trust proxy') !== true) return
  const logs = told.get(app)
  if (logs?.has(audit) === true) return
  told.set(app, (logs ?? new WeakSet()).add(audit))
  if (logs === undefined) {
    process.emitWarning(
      'passport-s2s: "trust proxy" is true, so whoever reaches this server directly can make plain http look like TLS; set it to the address of the proxy, such as \'loopback\'',
      { code: 'S2S_ANY_PROXY_TRUSTED' },
    )
  }
  audit.emit(() => ({
    name: 'any-proxy.trusted',
    outcome: 'notice',
    reason: '"trust proxy" is true: any client that reaches this server directly can say that it came over https',
  }))
}

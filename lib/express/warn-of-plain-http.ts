import type { AuditLog } from '../audit/audit-log.ts'

/** Tells the process and the audit log that plain http is served: every token on it is exposed. */
export function warnOfPlainHttp(audit: AuditLog): void {
  process.emitWarning('passport-s2s serves plain http (dangerouslyAllowPlainHttp): every token sent to it is exposed', {
    code: 'S2S_PLAIN_HTTP',
  })
  audit.emit(() => ({ name: 'plain-http.allowed', outcome: 'notice' }))
}

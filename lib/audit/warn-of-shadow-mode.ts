import type { AuditLog } from './audit-log.ts'

/**
 * Tells at start that some rules, or the rules for the callers of some issuers, are only tried: a process warning
 * `S2S_SHADOW_MODE` and an audit event `shadow-mode.on`. Nothing when nothing is tried.
 *
 * @param tried what is tried, such as `GET /reports/:id` or `issuer farm`
 */
export function warnOfShadowMode(tried: readonly string[], audit: AuditLog): void {
  if (tried.length === 0) return
  const reason = `shadow mode is on, and callers without permission pass: ${tried.join(', ')}`
  process.emitWarning(`passport-s2s: ${reason}`, { code: 'S2S_SHADOW_MODE' })
  audit.emit(() => ({ name: 'shadow-mode.on', outcome: 'notice', reason }))
}

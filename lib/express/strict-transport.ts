import { strictTransportSecurity } from 'helmet'
import type { AnswerOptions, GuardContext } from './guard-context.ts'

/** Puts Strict-Transport-Security on a response that has none yet. */
export function createHsts(options: AnswerOptions['hsts']): GuardContext['applyHsts'] {
  if (options === false) return () => undefined
  const hsts = strictTransportSecurity({
    maxAge: options?.maxAgeSeconds ?? 31_536_000,
    includeSubDomains: options?.includeSubDomains ?? false,
  })
  return function applyHsts(request, response) {
    if (!response.hasHeader('Strict-Transport-Security')) hsts(request, response, () => undefined)
  }
}

import type { AskAboutToken, IntrospectionRequestParts } from './introspection-request.ts'

/** Loads what asks an issuer about tokens, and with it `oauth4webapi`: only who trusts such an issuer needs it. */
export async function loadIntrospectionRequest(parts: IntrospectionRequestParts): Promise<AskAboutToken> {
  const { createIntrospectionRequest } = await import('./introspection-request.ts')
  return createIntrospectionRequest(parts)
}

import type { IncomingMessage } from 'node:http'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Suspensions } from '../suspension/suspensions.ts'
import type { ProveSignedToken } from '../verification/prove-signed-token.ts'

/** With what tokens are burnt. */
export interface TokenBurnerParts {
  readonly proveSignedToken: ProveSignedToken
  readonly suspensions: Pick<Suspensions, 'burn'>
  readonly audit: AuditLog
}

/** Burns the tokens of a request, in a later turn. */
export type BurnTokens = (request: Pick<IncomingMessage, 'rawHeaders'>, correlationId: string) => void

/** So many tokens wait for their verification (for keys, that is) at most; those that come then are not burnt. */
const maximumWaiting = 1000

/**
 * Creates what burns the tokens of requests that came over plain http, under the scheme `Bearer` or `DPoP`: from then on they are refused, by the hash of
 * what was signed, until they end. After the answer, so that neither it nor its time tells whether a token is good.
 *
 * Only a token that a trusted issuer signed for this server is burnt, in whatever it is wrapped: garbage fills nothing. While
 * keys are on their way nothing is burnt yet, and a token whose keys cannot be had is not burnt at all. Tokens are looked for
 * in `Authorization` headers only.
 */
export function createTokenBurner(parts: TokenBurnerParts): BurnTokens {
  let waiting = 0
  return function burnTokens(request, correlationId) {
    for (const token of tokensOf(request)) {
      if (waiting >= maximumWaiting) {
        const reason = `${maximumWaiting} tokens wait to be verified already; this one is not burnt`
        parts.audit.emit(() => ({ name: 'suspension.refused', outcome: 'refused', correlationId, reason }))
        return
      }
      waiting += 1
      setImmediate(() => {
        void burnToken(token, correlationId, parts).finally(() => (waiting -= 1))
      })
    }
  }
}

/** Never rejects: what cannot be proved is not burnt, and that it was sent in clear is in the audit log already. */
async function burnToken(
  token: string,
  correlationId: string,
  { proveSignedToken, suspensions, audit }: TokenBurnerParts,
): Promise<void> {
  try {
    const { issuerName, hash, endsAt } = await proveSignedToken(token)
    const burnt = suspensions.burn({ issuer: issuerName, tokenId: hash, expiresAt: endsAt })
    if (burnt === undefined) return
    audit.emit(() => ({
      name: 'token.burnt',
      outcome: 'notice',
      correlationId,
      tokenId: hash,
      suspension: { id: burnt.id },
    }))
  } catch {
    return
  }
}

/** Two at most, however they are written: more than one header is refused over https as well, but was sent all the same. */
function tokensOf({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): readonly string[] {
  const tokens = rawHeaders.flatMap((name, index) => {
    if (index % 2 === 1 || name.toLowerCase() !== 'authorization') return []
    return /^(?:bearer|dpop) +([^ ,]+)/i.exec(rawHeaders[index + 1] ?? '')?.[1] ?? []
  })
  return tokens.slice(0, 2)
}

import { compact } from '../forge-token.ts'
import { dana } from '../s2s-test-issuer.ts'
import type { AttackFamily } from './attack-family.ts'
import type { OAuthSetup } from './oauth-setup.ts'
import type { S2SSetup } from './s2s-setup.ts'

const invalid = 'ERR_S2S_CLAIM_INVALID'
const type = 'ERR_S2S_TOKEN_TYPE'

const common = {
  family: 'protocol-mix-up',
  reason: 'the token, not the configuration, says which protocol its issuer speaks',
} as const

/** An OAuth issuer dressed as an S2S one. */
export const protocolMixUp: AttackFamily<OAuthSetup> = {
  ...common,
  rows: ({ good, forge, claims, issuer: { issuer, application } }) => {
    const outer = (iss: string, actortoken: string): string =>
      compact({ typ: 'JWT', alg: 'none' }, { ...claims, iss, ...dana, actortoken })
    const likeAnActor = { nameid: application, trustedfordelegation: 'true', nbf: claims['iat'] }
    const actor = forge({ header: { typ: 'JWT' }, claims: likeAnActor })
    return [
      ['an unsigned token around a genuine access token', outer(application, good), type],
      ['an unsigned token around one that is trusted for delegation', outer(application, actor), type],
      ['an unsigned token that bears the name of the issuer', outer(issuer, actor), type],
      ['a genuine access token with an actor token inside', forge({ claims: { actortoken: good } }), invalid],
    ]
  },
}

/** An S2S issuer dressed as an OAuth one. */
export const protocolMixUpS2S: AttackFamily<S2SSetup> = {
  ...common,
  rows: ({ forgeApp, now }) => {
    const numericDates = { nbf: now - 60, iat: now - 60, exp: now + 600 }
    const scope = { scope: 'reports.read' }
    return [
      [
        'an access token by the farm (typ at+jwt)',
        forgeApp({ header: { typ: 'at+jwt' }, claims: { ...numericDates, ...scope } }),
        type,
      ],
      [
        'an access token by the farm for our S2S name, without nameid',
        forgeApp({ claims: { nameid: undefined, sub: 'reporting', client_id: 'reporting', ...scope } }),
        invalid,
      ],
      [
        'an access token by the farm (typ JWT) for an address',
        forgeApp({ claims: { ...numericDates, aud: 'https://reports.example.com', sub: 'reporting', ...scope } }),
        'ERR_S2S_AUDIENCE_MISMATCH',
      ],
    ]
  },
}

import { foreignS2SAudiences, noS2SAudiences } from './audience-mismatch.ts'
import type { AttackFamily, AttackRow } from './attack-family.ts'
import type { S2SSetup } from './s2s-setup.ts'

/** Outer and actor tokens that are meant for another server. */
export const actorTokenAudience: AttackFamily<S2SSetup> = {
  family: 'actor-token-audience',
  cve: 'CVE-2025-55241',
  reason: 'one of the two tokens was made for another server',
  rows: (setup) => {
    const { forgeActor, forgeOuter, wrap, clientId, host, realm } = setup
    const elsewhere = `${clientId}/intranet.${host}@${realm}`
    const everywhere =
      (code: 'ERR_S2S_AUDIENCE_MISMATCH' | 'ERR_S2S_CLAIM_INVALID') =>
      ([name, aud]: readonly [string, unknown]): AttackRow[] => [
        [`aud of the outer token ${name}`, forgeOuter({ claims: { aud } }), code],
        [`aud of the actor token ${name}`, wrap(forgeActor({ claims: { aud } })), code],
        [`app-only, aud ${name}`, forgeActor({ claims: { aud } }), code],
      ]
    return [
      ...Object.entries(foreignS2SAudiences(setup)).flatMap(everywhere('ERR_S2S_AUDIENCE_MISMATCH')),
      ...Object.entries(noS2SAudiences(setup.audience)).flatMap(everywhere('ERR_S2S_CLAIM_INVALID')),
      [
        'both tokens for another server',
        forgeOuter({ claims: { aud: elsewhere, actortoken: forgeActor({ claims: { aud: elsewhere } }) } }),
        'ERR_S2S_AUDIENCE_MISMATCH',
      ],
    ]
  },
}

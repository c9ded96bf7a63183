import { algorithmConfusion } from './algorithm-confusion.ts'
import { algorithmNotAllowed } from './algorithm-not-allowed.ts'
import type { AttackFamily } from './attack-family.ts'
import { audienceMismatch } from './audience-mismatch.ts'
import { criticalHeader } from './critical-header.ts'
import { encryptedToken } from './encrypted-token.ts'
import { forgedSignature } from './forged-signature.ts'
import { headerKeyInjection } from './header-key-injection.ts'
import { issuerSpoofing } from './issuer-spoofing.ts'
import { malformedJson } from './malformed-json.ts'
import { malformedToken } from './malformed-token.ts'
import type { OAuthSetup } from './oauth-setup.ts'
import { protocolMixUp } from './protocol-mix-up.ts'
import { tokenLifetime } from './token-lifetime.ts'
import { tokenType } from './token-type.ts'
import { unsignedToken } from './unsigned-token.ts'

/** The attacks on an OAuth issuer. */
export const oauthFamilies: readonly AttackFamily<OAuthSetup>[] = [
  unsignedToken,
  algorithmNotAllowed,
  algorithmConfusion,
  headerKeyInjection,
  criticalHeader,
  encryptedToken,
  malformedToken,
  malformedJson,
  forgedSignature,
  tokenType,
  tokenLifetime,
  audienceMismatch,
  issuerSpoofing,
  protocolMixUp,
]

import { acsUserToken } from './acs-user-token.ts'
import { actorTokenAudience } from './actor-token-audience.ts'
import { actorTokenLifetime } from './actor-token-lifetime.ts'
import { actorTokenStandIns } from './actor-token-stand-ins.ts'
import { actorTokenThumbprint } from './actor-token-thumbprint.ts'
import { algorithmConfusionS2S } from './algorithm-confusion.ts'
import { algorithmNotAllowedS2S } from './algorithm-not-allowed.ts'
import type { AttackFamily } from './attack-family.ts'
import { audienceMismatchS2S } from './audience-mismatch.ts'
import { criticalHeaderS2S } from './critical-header.ts'
import { cve202329357 } from './cve-2023-29357.ts'
import { cve202655040 } from './cve-2026-55040.ts'
import { delegationAbsent } from './delegation-absent.ts'
import { encryptedS2SToken } from './encrypted-token.ts'
import { forgedActorToken } from './forged-actor-token.ts'
import { forgedS2SSignature } from './forged-signature.ts'
import { headerKeyInjectionS2S } from './header-key-injection.ts'
import { issuerSpoofingS2S } from './issuer-spoofing.ts'
import { malformedActorToken } from './malformed-token.ts'
import { nestedActorToken } from './nested-actor-token.ts'
import { outerTokenWithoutActor } from './outer-token-without-actor.ts'
import { protocolMixUpS2S } from './protocol-mix-up.ts'
import { realmSwap } from './realm-swap.ts'
import type { S2SSetup } from './s2s-setup.ts'
import { signedOuterToken } from './signed-outer-token.ts'
import { swappedActorToken } from './swapped-actor-token.ts'
import { tokenLifetimeS2S } from './token-lifetime.ts'
import { tokenTypeS2S } from './token-type.ts'
import { unnamedUser } from './unnamed-user.ts'
import { unsignedActorToken } from './unsigned-actor-token.ts'
import { unsignedS2SToken } from './unsigned-token.ts'

/** The attacks on an S2S issuer. */
export const s2sFamilies: readonly AttackFamily<S2SSetup>[] = [
  cve202329357,
  cve202655040,
  unsignedS2SToken,
  algorithmNotAllowedS2S,
  algorithmConfusionS2S,
  headerKeyInjectionS2S,
  criticalHeaderS2S,
  encryptedS2SToken,
  malformedActorToken,
  forgedS2SSignature,
  tokenTypeS2S,
  tokenLifetimeS2S,
  audienceMismatchS2S,
  issuerSpoofingS2S,
  protocolMixUpS2S,
  outerTokenWithoutActor,
  signedOuterToken,
  unsignedActorToken,
  forgedActorToken,
  nestedActorToken,
  swappedActorToken,
  actorTokenThumbprint,
  actorTokenAudience,
  actorTokenLifetime,
  actorTokenStandIns,
  acsUserToken,
  realmSwap,
  delegationAbsent,
  unnamedUser,
]

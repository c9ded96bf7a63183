import type { Target } from './engine/target.ts'
import { appTarget } from './targets/app-target.ts'
import { certificateTarget, jwksTarget, openIdMetadataTarget, s2sMetadataTarget } from './targets/document-targets.ts'
import { permissionSetTarget, requirementTarget, resourceNameTarget } from './targets/permission-targets.ts'
import {
  challengeTarget,
  credentialTarget,
  jsonTarget,
  pathTarget,
  principalNameTarget,
  unverifiedTokenTarget,
} from './targets/text-targets.ts'
import { verifierTarget } from './targets/verifier-target.ts'
import { makeFuzzWorld } from './world/fuzz-world.ts'

/** Everything that is fuzzed. */
export async function makeFuzzTargets(): Promise<readonly Target[]> {
  const world = await makeFuzzWorld()
  return [
    jsonTarget,
    unverifiedTokenTarget(world.tokens),
    credentialTarget(world.tokens),
    challengeTarget,
    principalNameTarget,
    pathTarget,
    jwksTarget,
    openIdMetadataTarget,
    s2sMetadataTarget,
    certificateTarget,
    permissionSetTarget,
    requirementTarget,
    resourceNameTarget,
    verifierTarget(world),
    appTarget('protect', world),
    appTarget('passport', world),
  ]
}

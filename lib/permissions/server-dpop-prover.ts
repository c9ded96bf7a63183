import { defaultProofAlgorithms, readOrigins } from '../binding/dpop-options.ts'
import { createDpopProver } from '../binding/dpop-prover.ts'
import { createNonces, type Nonces } from '../binding/nonces.ts'
import type { ProofMemory } from '../binding/proof-memory.ts'
import type { ProveDpop } from '../binding/prove-possession.ts'
import type { Clock } from '../foundation/clock.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import { readTextOrFile } from '../foundation/text-or-file.ts'
import type { VerifierOptions } from './caller-options.ts'
import type { ServerHeritage } from './server-heritage.ts'

/**
 * Creates the judge of DPoP proofs of one server; `undefined` where none are accepted.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function createServerDpopProver(
  { dpop, self, audience }: Pick<VerifierOptions, 'dpop' | 'self' | 'audience'>,
  { proofMemory }: Pick<ServerHeritage, 'proofMemory'>,
  clock: Clock,
): ProveDpop | undefined {
  if (dpop === undefined) return undefined
  return createDpopProver({
    origins: readOrigins(dpop, { self, audience }),
    algorithms: new Set(dpop.algorithms ?? defaultProofAlgorithms),
    maximumAgeSeconds: dpop.maximumAgeSeconds ?? 60,
    clockToleranceSeconds: dpop.clockToleranceSeconds ?? 60,
    nonces: readNonces(dpop.nonces, proofMemory),
    memory: proofMemory,
    clock,
  })
}

function readNonces(
  nonces: NonNullable<VerifierOptions['dpop']>['nonces'] = false,
  { nonceSecret }: ProofMemory,
): Nonces | undefined {
  if (nonces === false) return undefined
  const { secret, lifetimeSeconds = 300 } = nonces === 'required' ? {} : nonces
  return createNonces({ secret: secret === undefined ? nonceSecret : readSecret(secret), lifetimeSeconds })
}

function readSecret(secret: Parameters<typeof readTextOrFile>[0]): string {
  const text = readTextOrFile(secret, 'dpop.nonces.secret').trim()
  if (text.length >= 32) return text
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    'dpop.nonces.secret is shorter than 32 characters; write random ones, such as those of "openssl rand -base64 32"',
    { path: 'dpop.nonces.secret' },
  )
}

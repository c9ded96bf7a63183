// The single checks have no public face: these modules are read from the compiled package.
import {
  createCallerAuthenticator,
  type CallerAuthenticator,
} from '../../../../dist/permissions/caller-authenticator.js'
import { parseUnverifiedToken } from '../../../../dist/tokens/unverified-token.js'
import { findKey } from '../../../../dist/verification/find-key.js'
import { verifyOAuthClaims } from '../../../../dist/verification/verify-oauth-token.js'
import { VerifiedSignature } from '../../../../dist/verification/verify-signature.js'
import { answerParent } from '../../processes/answer-parent.ts'
import type { Finding, TopicEffort } from '../finding.ts'
import { measureCpu, medianOfRounds, type Candidate } from '../measure-cpu.ts'
import { audience, issuer as issuerName, makeVerifierWorld, type VerifierWorld } from '../verifier-world.ts'

const world = makeVerifierWorld('RS256')
const clock = (): number => Date.now() / 1000

/** What each step of one cold verification costs; together they are what a new token costs without Express. */
answerParent(async ({ rounds, isQuick }: TopicEffort): Promise<readonly Finding[]> => {
  const tokens = await world.makeTokens(isQuick ? 1000 : 2500)
  const candidates = [...(await stepCandidates(tokens)), wholeCandidate(tokens)]
  const costs = await measureCpu<Step>(candidates, rounds)
  const steps = ['parse', 'claims', 'key', 'signature', 'whole'] as const
  return [
    ...steps.map((step): Finding => {
      return { name: titles[step], value: medianOfRounds(costs, (round) => round[step]), unit: 'us' }
    }),
    {
      name: 'new token: caller, permissions, principal and everything between',
      value: medianOfRounds(
        costs,
        ({ whole, parse, claims, key, signature }) => whole - parse - claims - key - signature,
      ),
      unit: 'us',
    },
  ]
})

type Step = keyof typeof titles

const titles = {
  parse: 'new token: parsing',
  claims: 'new token: claims',
  key: 'new token: finding the key',
  signature: 'new token: signature',
  whole: 'new token: all of it',
} as const

async function stepCandidates(tokens: readonly string[]): Promise<readonly (Candidate & { readonly name: Step })[]> {
  const issuer = await startAuthenticator(world).issuers.find(issuerName)
  if (issuer.protocol !== 'oauth') throw new Error('an OAuth issuer was expected')
  const parsed = tokens.map((token) => parseUnverifiedToken(token))
  const keys = await Promise.all(parsed.map(({ header }) => findKey(header, issuer)))
  const proofs = parsed.flatMap((token, index) => (keys[index] === undefined ? [] : [{ token, found: keys[index] }]))
  const operations = tokens.length
  return [
    {
      name: 'parse',
      operations,
      run: () => {
        for (const token of tokens) parseUnverifiedToken(token)
      },
    },
    {
      name: 'claims',
      operations,
      run: () => {
        for (const { claims } of parsed) verifyOAuthClaims(claims, issuer, clock())
      },
    },
    {
      name: 'key',
      operations,
      run: async () => {
        for (const { header } of parsed) {
          const found = findKey(header, issuer)
          if (found instanceof Promise) await found
        }
      },
    },
    {
      name: 'signature',
      operations,
      run: () => {
        for (const { token, found } of proofs) VerifiedSignature.prove(token, { issuer, key: found.key, clock })
      },
    },
  ]
}

function wholeCandidate(tokens: readonly string[]): Candidate & { readonly name: Step } {
  let { authenticate } = startAuthenticator(world)
  return {
    name: 'whole',
    operations: tokens.length,
    prepare: () => {
      authenticate = startAuthenticator(world).authenticate
    },
    run: async () => {
      for (const token of tokens) await authenticate(token, () => '')
    },
  }
}

/** One that has seen no token yet. */
function startAuthenticator({ jwks }: VerifierWorld): CallerAuthenticator {
  return createCallerAuthenticator({
    audience,
    trustedIssuers: [{ type: 'static', issuer: issuerName, jwks: { ...jwks } }],
  })
}

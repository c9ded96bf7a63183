import { randomBytes } from 'node:crypto'
import { accessClaims } from './access-claims.ts'
import type { BenchWorld } from './bench-world.ts'
import { manyIssuersName } from './public-world.ts'
import { signingInput, signTokens } from './sign-tokens.ts'

/** What servers get to see. */
export type TokenKind = keyof typeof makers

/** Makes different tokens of one kind. */
export type MakeTokens = (kind: TokenKind, count: number) => Promise<readonly string[]>

/** How many applications call. */
const applications = 100
let serial = 0

const makers = {
  accepted: (world, count) => signTokens(claimsFor(world, count), world.signer),
  /** Each of another issuer, up to 1,000 of them; issuer 0 is the one on localhost. */
  'of many issuers': (world, count) =>
    signTokens(
      claimsFor(world, count).map((claims, index) => ({ ...claims, iss: manyIssuersName((index % 1000) + 1) })),
      world.signer,
    ),
  'user+app': makeUserTokens,
  garbage: (_world, count) => Promise.resolve(times(count, () => [36, 400, 256].map(randomText).join('.'))),
  'bad signature': (world, count) =>
    Promise.resolve(claimsFor(world, count).map((claims) => forge(claims, world, 'key-1'))),
  expired: (world, count) => signTokens(claimsFor(world, count, { expiresIn: -600 }), world.signer),
  'unknown issuer': (world, count) =>
    signTokens(claimsFor(world, count, { issuer: 'https://elsewhere.example.net' }), world.signer),
  'unknown kid': (world, count) =>
    Promise.resolve(claimsFor(world, count).map((claims) => forge(claims, world, `unknown-${(serial += 1)}`))),
} satisfies Record<string, (world: BenchWorld, count: number) => Promise<readonly string[]>>

/** Makes the tokens of one world. No token is made twice. */
export function createTokenMaker(world: BenchWorld): MakeTokens {
  return (kind, count) => makers[kind](world, count)
}

function claimsFor(
  { publicWorld: { issuer, audience } }: BenchWorld,
  count: number,
  changes: { readonly issuer?: string; readonly expiresIn?: number } = {},
): readonly object[] {
  return times(count, (index) => {
    serial += 1
    return accessClaims({ issuer, audience, application: index % applications, tokenId: `token-${serial}`, ...changes })
  })
}

/** Users whom one application names; as in a farm, its actor token is the same for many of them. */
async function makeUserTokens({ farm }: BenchWorld, count: number): Promise<readonly string[]> {
  const actorTokens = await Promise.all(times(10, () => farm.actorToken()))
  return Promise.all(
    times(count, (index) => {
      serial += 1
      const user = {
        nameid: `s-1-5-21-1-2-3-${serial}`,
        nii: 'urn:office:idp:activedirectory',
        upn: `user-${serial}@fabrikam.example`,
      }
      return farm.userToken(user, actorTokens[index % actorTokens.length])
    }),
  )
}

/** A token with a random signature, smaller than any modulus of its length: costs what a real one costs. */
function forge(claims: object, { signer }: BenchWorld, kid: string): string {
  const signature = randomBytes(256)
  signature[0] = 1
  const input = signingInput(claims, { algorithm: signer.algorithm, header: { ...signer.header, kid } })
  return `${input}.${signature.toString('base64url')}`
}

function randomText(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

function times<Item>(count: number, make: (index: number) => Item): Item[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

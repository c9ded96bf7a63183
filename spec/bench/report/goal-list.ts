import type { ContenderName } from '../contenders.ts'
import type { Finding } from '../in-process/finding.ts'

/** What a run measured. */
export interface Measured {
  found(this: void, name: string): number | undefined
  /** CPU time per request over HTTP, median of the rounds. */
  cpuRatio(this: void, scenario: string, contender: ContenderName, base: ContenderName): number | undefined
}

/** One line of the goals. */
export interface Goal {
  readonly id: string
  readonly what: string
  readonly unit: Finding['unit']
  /** Left out for what is reported only. */
  readonly limit?: { readonly kind: 'at most' | 'exactly'; readonly value: number }
  readonly valueOf: (measured: Measured) => number | undefined
}

type Aim = Pick<Goal, 'unit' | 'limit'>

const atMost = (value: number, unit: Goal['unit']): Aim => ({ unit, limit: { kind: 'at most', value } })
const exactly = (value: number): Aim => ({ unit: 'times', limit: { kind: 'exactly', value } })
const reported = (unit: Goal['unit']): Aim => ({ unit })

const isOldNode = Number(process.versions.node.split('.')[0]) < 22

const found = (id: string, name: string, aim: Aim): Goal => ({
  id,
  what: name,
  ...aim,
  valueOf: (measured) => measured.found(name),
})

interface HttpGoal {
  readonly scenario: string
  readonly contender: ContenderName
  readonly base?: ContenderName
  /** Left out for what is reported only. */
  readonly limit?: number
}

const http = (id: string, { scenario, contender, base = 'bare', limit }: HttpGoal): Goal => ({
  id,
  what: `${scenario}: ${contender}, ${base} = 1`,
  unit: 'x',
  ...(limit === undefined ? {} : { limit: { kind: 'at most', value: limit } }),
  valueOf: (measured) => measured.cpuRatio(scenario, contender, base),
})

const base = 'bearer-empty'
const rotation = '1,000 tokens in rotation'

const knownChecks = 'signature checks for 1,000 known tokens'

/** Says nothing while no token is cached at all. */
const cachedTokenSize: Goal = {
  ...found('G9', 'bytes per cached token', atMost(200, 'bytes')),
  valueOf: (measured) => (measured.found(knownChecks) === 0 ? measured.found('bytes per cached token') : undefined),
}

/** The goals of the project for its speed, and how each is read from a run. */
export const goals: readonly Goal[] = [
  http('G1', { scenario: 'one repeated token', contender: 'protect', limit: 1.06 }),
  http('G1', { scenario: 'TLS', contender: 'protect-tls', base: 'bare-tls' }),
  found('G1', 'repeated token: protect adds', atMost(isOldNode ? 5 : 2, 'us')),
  http('G2', { scenario: rotation, contender: 'protect', limit: 1.1 }),
  http('G2', { scenario: 'user+app tokens', contender: 'protect-farm', limit: 1.1 }),
  http('G3', { scenario: 'one repeated token', contender: 'authenticate', base, limit: 1.05 }),
  http('G3', { scenario: rotation, contender: 'authenticate', base, limit: 1.05 }),
  ...(['RS256', 'PS256'] as const).map((name) => found('G4', `${name}: cold verification, raw = 1`, atMost(1.4, 'x'))),
  ...(['ES256', 'EdDSA'] as const).map((name) => found('G4', `${name}: cold verification, raw = 1`, atMost(1.15, 'x'))),
  ...(['RS256', 'PS256', 'ES256', 'EdDSA'] as const).map((name) =>
    found('G4', `${name}: verifier with a new token, raw = 1`, reported('x')),
  ),
  ...['parsing', 'claims', 'finding the key', 'signature', 'all of it'].map((step) =>
    found('G4', `new token: ${step}`, reported('us')),
  ),
  found('G4', 'new token: caller, permissions, principal and everything between', reported('us')),
  found('G5', 'new token: what protect adds, what fast-jwt adds = 1', atMost(isOldNode ? 1 : 0.7, 'x')),
  ...(['garbage', 'expired', 'unknown issuer', 'unknown kid'] as const).flatMap((kind) => [
    http('G6', { scenario: `rejected: ${kind}`, contender: 'protect', limit: 1 }),
    found('G6', `refusing ${kind}, accepted bare request = 1`, atMost(1, 'x')),
    found('G6', `signature checks for 1,000 tokens: ${kind}`, exactly(0)),
  ]),
  found('G7', 'refusing bad signature: more than a bare request and raw crypto.verify', atMost(8, 'us')),
  found('G7', 'bad signatures of 10,000 that were answered from memory', exactly(0)),
  found('G7', knownChecks, exactly(0)),
  found('G7', 'the same after 10,000 bad signatures', exactly(0)),
  found('G8', 'fetches for 10,000 unknown kids', atMost(3, 'times')),
  found('G8', 'fetches for 1,000 unknown issuers', exactly(0)),
  found('G8', 'an unknown kid was held for at most', atMost(50, 'ms')),
  found('G8', 'a known kid was held for at most', reported('ms')),
  found('G8', 'good tokens refused among them', exactly(0)),
  found('G8', 'first token after a rotation accepted at once', exactly(1)),
  found('G8', 'after a rotation in a flood accepted ten seconds later', exactly(1)),
  cachedTokenSize,
  found('G9', 'bytes left behind by 60,000 tokens', reported('bytes')),
  found('G10', '10,000 issuers: known token, one issuer = 1', atMost(1, 'x')),
  found('G10', '10,000 issuers: new token, more than with one issuer', atMost(0.3, 'us')),
  found('G10', '10,000 issuers: look-up alone (expired token), more than with one issuer', reported('us')),
  found('G10', '10,000 issuers: keys imported at the start', exactly(0)),
  found('G10', '10,000 issuers: creating the verifier', reported('ms')),
  found('G11', 'decision, 1,000 resources', atMost(1, 'us')),
  found('G11', 'decision, 1,000 resources, 10 resources = 1', atMost(2, 'x')),
  found('G12', 'TLS decision, direct', atMost(0.2, 'us')),
  found('G12', 'TLS decision, behind a proxy', reported('us')),
]

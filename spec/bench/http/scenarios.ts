import type { ContenderName } from '../contenders.ts'
import type { TokenKind } from '../world/make-tokens.ts'

/** What is sent to whom. The first contender is what the others are measured by. */
export interface Scenario {
  readonly name: string
  readonly tokens: TokenKind
  /** How many different tokens; `new`: each is sent once only. */
  readonly variety: number | 'new'
  readonly contenders: readonly ContenderName[]
  /** What contenders that judge tokens answer. */
  readonly status: 200 | 401
  /** Which part of the usual number of requests is sent. Default: all. */
  readonly share?: number
}

/** Scenarios that use the same server processes, one after the other. */
export type ScenarioGroup = readonly Scenario[]

const ours = ['protect', 'authenticate'] as const
const peers = [
  'bearer-empty',
  'fast-jwt',
  'fast-jwt-uncached',
  'aws-jwt-verify',
  'express-oauth2-jwt-bearer',
  'passport-jwt',
  'express-jwt',
] as const
const everybody = ['bare', ...ours, ...peers] as const
const judges = everybody.filter((name) => name !== 'bearer-empty')

const accepted = { tokens: 'accepted', status: 200 } as const

function refused(tokens: TokenKind): Scenario {
  return { name: `rejected: ${tokens}`, tokens, variety: 1000, contenders: judges, status: 401 }
}

/** All scenarios of a run. */
export const scenarioGroups: readonly ScenarioGroup[] = [
  [
    { name: 'one repeated token', ...accepted, variety: 1, contenders: everybody },
    { name: '1,000 tokens in rotation', ...accepted, variety: 1000, contenders: everybody },
    { name: 'every token new', ...accepted, variety: 'new', contenders: everybody },
    ...(['garbage', 'bad signature', 'expired', 'unknown issuer'] as const).map(refused),
    // Peers fetch keys for each of these: fewer are enough.
    { ...refused('unknown kid'), share: 0.2 },
  ],
  [
    {
      name: 'user+app tokens',
      tokens: 'user+app',
      variety: 1000,
      contenders: ['bare', 'protect-farm', 'authenticate-farm'],
      status: 200,
    },
  ],
  [
    {
      name: '10,000 issuers',
      tokens: 'of many issuers',
      variety: 1000,
      contenders: ['bare', 'protect-issuers'],
      status: 200,
    },
    { name: '1,000 resources', ...accepted, variety: 1000, contenders: ['bare', 'protect-resources'] },
  ],
  [{ name: 'TLS', ...accepted, variety: 1000, contenders: ['bare-tls', 'protect-tls'] }],
]

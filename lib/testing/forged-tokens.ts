import { z } from 'zod'
import { ConfigurationError } from '../foundation/errors.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import type { Attack } from './attack.ts'
import type { AttackFamily, AttackRow } from './attacks/attack-family.ts'
import { oauthFamilies } from './attacks/oauth-families.ts'
import { createOAuthSetup, type CommonSetup } from './attacks/oauth-setup.ts'
import { s2sFamilies } from './attacks/s2s-families.ts'
import { createS2SSetup } from './attacks/s2s-setup.ts'
import type { TestIssuer } from './create-test-issuer.ts'
import { bearer, createExpectRefused } from './expect-refused.ts'
import { createTestCertificate, type TestCertificate } from './test-certificate.ts'
import { standsStill } from './test-clock.ts'

/** What is attacked. */
export interface ForgedTokensOptions {
  /** A test issuer that the application trusts. */
  readonly issuer: TestIssuer
  /** A guarded path that exists. Default `/`. */
  readonly path?: string
  /** Default `GET`. */
  readonly method?: string
  /** Scopes of the tokens, so that nothing but the forgery is in the way (OAuth). Default: none. */
  readonly scopes?: readonly string[]
  /** Only these families. Default: all of the issuer's protocol. */
  readonly families?: readonly string[]
  /** What the application has as `clockToleranceSeconds`. Default 60. */
  readonly clockToleranceSeconds?: number
  /** What the application has as `maximumLifetimeSeconds`. Default 86400 (24 hours). */
  readonly maximumLifetimeSeconds?: number
  /** An https address of your own that some tokens point at, to see that nobody asks there. Default: one that is nowhere. */
  readonly attackerUrl?: string
}

const forgedTokensSchema = optionsObject({
  issuer: z.custom<TestIssuer>(isTestIssuer, 'must come from createTestIssuer'),
  path: z.string().regex(/^\//, 'must begin with a slash').optional(),
  method: z.string().min(1).optional(),
  scopes: z.array(z.string().min(1)).optional(),
  families: z.array(z.string()).min(1, 'is empty; leave it out for all').optional(),
  clockToleranceSeconds: z.number().min(0).optional(),
  maximumLifetimeSeconds: z.number().min(1).optional(),
  attackerUrl: z
    .string()
    .regex(/^https:\/\//, 'must be an https address')
    .optional(),
})

/** How long a running clock may have moved when the last attack is sent. */
const driftSeconds = 600

/**
 * Makes the known attacks on tokens, several hundred of them, as data: for an OAuth issuer those on signature, header,
 * claims and encoding; for an S2S issuer those on outer and actor tokens too. Each knows how it must be refused and
 * checks it: `for (const attack of await forgedTokens({ issuer })) it(attack.name, () => attack.expectRefused(app))`.
 *
 * Does not attack what is around a token: other headers, paths, methods, transport, permissions, your handlers. An
 * application that refuses all of them may still be wrong there.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export async function forgedTokens(options: ForgedTokensOptions): Promise<readonly Attack[]> {
  parseOptions(forgedTokensSchema, options, '')
  const { issuer, path = '/', method = 'GET', scopes = [], families } = options
  const common = await createCommonSetup(options)
  const rows =
    issuer.protocol === 'oauth'
      ? await collect(oauthFamilies, families, createOAuthSetup(common, issuer, scopes))
      : await collect(s2sFamilies, families, createS2SSetup(common, issuer))
  const honestToken = (): string => (issuer.protocol === 'oauth' ? issuer.appToken({ scopes }) : issuer.appToken())
  const expectRefused = createExpectRefused({ method, path, honestToken })
  return rows.map((row) => {
    const attack = toAttack(...row)
    return { ...attack, expectRefused: (app, probes) => expectRefused(attack, app, probes) }
  })
}

async function createCommonSetup(options: ForgedTokensOptions): Promise<CommonSetup> {
  const { issuer, clockToleranceSeconds = 60, maximumLifetimeSeconds = 86_400 } = options
  return {
    now: Math.floor(issuer.clock()),
    drift: standsStill(issuer.clock) ? 0 : driftSeconds,
    tolerance: clockToleranceSeconds,
    longest: maximumLifetimeSeconds,
    attacker: await makeAttacker(),
    attackerUrl: options.attackerUrl ?? 'https://attacker.invalid',
  }
}

let attacker: Promise<TestCertificate> | undefined

/** One for the whole process: its RSA key costs about 100 ms, and nobody trusts it anyway. */
function makeAttacker(): Promise<TestCertificate> {
  attacker ??= createTestCertificate({ commonName: 'Attacker' })
  return attacker
}

type FoundRow = readonly [family: Omit<AttackFamily<never>, 'rows'>, row: AttackRow]

async function collect<Setup>(
  all: readonly AttackFamily<Setup>[],
  wanted: readonly string[] | undefined,
  setup: Setup,
): Promise<FoundRow[]> {
  const names = all.map(({ family }) => family)
  const unknown = wanted?.find((name) => !names.includes(name))
  if (unknown !== undefined) {
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      `families names ${unknown.slice(0, 64)}, which is none of this protocol; there are ${names.join(', ')}`,
    )
  }
  const found: FoundRow[] = []
  for (const { rows, ...family } of all) {
    if (wanted?.includes(family.family) === false) continue
    found.push(...(await rows(setup)).map((row): FoundRow => [family, row]))
  }
  return found
}

function toAttack(...[family, [title, token, code, details = {}]]: FoundRow): Omit<Attack, 'expectRefused'> {
  const { status = 401, headers, cve = family.cve } = details
  return {
    family: family.family,
    name: `${family.family}: ${title}`,
    ...(cve === undefined ? {} : { cve }),
    reason: family.reason,
    token,
    headers: { ...bearer(token), ...headers },
    expected: { status, codes: [code] },
  }
}

function isTestIssuer(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'protocol' in value && 'clock' in value
}

import { createS2S, type Resources, type S2S, type S2SOptions, type TrustedIssuerOptions } from '../../../dist/index.js'
import type { Setting } from '../contender.ts'
import { manyIssuersName, ourselves, type PublicWorld } from '../world/public-world.ts'

/** passport-s2s as README configures it, with its keys fetched. */
export async function startOurServer(world: PublicWorld, setting: Setting): Promise<S2S> {
  const s2s = createS2S(setting.callers === 'farm' ? farmOptions(world) : oauthOptions(world, setting))
  await s2s.ready()
  return s2s
}

/** The table of resources; the one that is asked for is the last. */
export function resourceTable({ resources }: Pick<Setting, 'resources'>): Resources {
  const others = Array.from({ length: resources - 1 }, (_, index) => [
    `GET /area-${index % 50}/kind-${index}/:id`,
    `area-${index % 50}.read`,
  ])
  return Object.fromEntries([...others, ['GET /reports/:id', 'reports.read']]) as Resources
}

function oauthOptions({ issuer, audience, ca, jwks }: PublicWorld, { issuers }: Setting): S2SOptions {
  const others = Array.from({ length: issuers - 1 }, (_, index): TrustedIssuerOptions => ({
    type: 'static',
    issuer: manyIssuersName(index + 1),
    jwks: jwks as unknown as { file: string },
  }))
  return { audience, ca, trustedIssuers: [{ type: 'openid', issuer }, ...others] }
}

function farmOptions({ farm }: PublicWorld): S2SOptions {
  const { issuerName, application, certificatePem } = farm
  return {
    self: ourselves,
    trustedIssuers: [
      {
        type: 's2s-certificate',
        name: 'farm',
        registeredIssuerName: issuerName,
        certificates: certificatePem,
        isTrustBroker: true,
        allowDelegation: { applications: [application] },
      },
    ],
    grants: [{ issuer: 'farm', application, permissions: ['reports.read'] }],
    userRights: () => ['reports.read'],
  }
}

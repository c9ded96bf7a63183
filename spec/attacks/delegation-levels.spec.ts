import type { TrustedIssuerOptions } from 'passport-s2s'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, options } = await makeWorld()
const resources = { 'GET /reports/:id': 'reports.read', 'GET /any': 'authenticated' } as const
const id = farm.applicationName
const danaListed = [dana.nameid, dana.upn]

type Applications = readonly (
  | string
  | { id: string; level: 'none' | 'user' | 'application' | 'full'; users?: { allow?: string[]; deny?: string[] } }
)[]

/** The world with other applications in the farm's `allowDelegation`. */
function worldWith(applications: Applications): { s2s: typeof options; resources: typeof resources } {
  const trustedIssuers: readonly TrustedIssuerOptions[] = options.trustedIssuers.map((issuer) =>
    issuer.type === 's2s-certificate' && issuer.name === 'farm'
      ? { ...issuer, allowDelegation: { applications } }
      : issuer,
  )
  return { s2s: { ...options, trustedIssuers }, resources }
}

const asItself = { name: 'the application itself', token: await farm.appOnlyToken() }
const asItselfElsewhere = { ...asItself, name: 'the application itself where anybody may', path: '/any' }
const trustedAsItself = { name: 'the application itself, trusted for delegation', token: await farm.actorToken() }
const forDana = { name: 'the application for dana', token: await farm.userToken(dana) }
const forUpn = { name: 'the application for dana by one name', token: await farm.userToken({ upn: dana.upn }) }
const forEve = { name: 'the application for eve', token: await farm.userToken({ upn: 'eve@fabrikam.example' }) }
const forBoth = {
  name: 'the application for dana with the SID of eve',
  token: await farm.userToken({ ...dana, nameid: 's-1-5-21-1111111111-2222222222-333333333-500' }),
}

type Token = Omit<AttackCase, 'status' | 'code'>
const refused = (code: string, ...tokens: readonly Token[]): AttackCase[] =>
  tokens.map((token) => ({ ...token, status: 403, code }))
const notAlone = 'ERR_S2S_APP_ONLY_NOT_ALLOWED'
const notForUser = 'ERR_S2S_DELEGATION_NOT_ALLOWED'

const none = worldWith([{ id, level: 'none' }])
describeAttack('an application at level none', none, [
  ...refused(notAlone, asItself, asItselfElsewhere, trustedAsItself),
  ...refused(notForUser, forDana, forUpn, forEve),
])

const user = worldWith([{ id, level: 'user' }])
describeAttack('an application at level user', user, refused(notAlone, asItself, asItselfElsewhere, trustedAsItself))
describeAccepted('an application at level user', user, [forDana, forUpn, forEve])

const application = worldWith([{ id, level: 'application', users: { allow: danaListed } }])
describeAttack('an application at level application', application, refused(notForUser, forEve, forBoth))
describeAccepted('an application at level application', application, [asItself, trustedAsItself, forDana, forUpn])

const full = worldWith([{ id, level: 'full', users: { deny: danaListed } }])
describeAttack('an application at level full', full, refused(notForUser, forDana, forUpn, forBoth))
describeAccepted('an application at level full', full, [asItself, trustedAsItself, forEve])

import assert from 'node:assert/strict'
import type { Farm } from './farm.ts'
import type { OAuthIssuer } from './oauth-issuer.ts'

/** One of many callers, and how its principal must be described. */
export interface CrowdMember {
  readonly issuer: 'farm' | 'login'
  readonly token: string
  /** As `describeCaller` says it. */
  readonly identity: string
  /** What the guard answers while nothing is changed. */
  readonly status: number
}

/** The parts of a principal, or of a claim about one, that tell callers apart. */
export interface NamedCaller {
  readonly issuer: string
  readonly kind: string
  readonly application: { readonly id: string }
  readonly user?: { readonly id?: string; readonly upn?: string }
}

/** Everything that tells callers apart, as one text. */
export function describeCaller({ issuer, kind, application, user }: NamedCaller): string {
  return [issuer, kind, application.id, user?.id ?? '-', user?.upn ?? '-'].join(' ')
}

/** Users whose number is odd have no right to read reports. */
export function rightsOfUser({ upn = '' }: { readonly upn?: string }): readonly string[] {
  return Number(/\d+/.exec(upn)?.[0]) % 2 === 1 ? [] : ['reports.read']
}

/**
 * Makes `size` callers, a quarter each: applications and users, of an S2S and of an OAuth issuer. Applications bear the same
 * numbers in both, and so do users, so that only the whole identity tells them apart.
 */
export async function makeCrowd(size: number, farm: Farm, login: OAuthIssuer): Promise<readonly CrowdMember[]> {
  const [delegate = '', realm = ''] = farm.applicationName.split('@')
  const actorToken = await farm.actorToken()
  const makers = [
    async (id: string): Promise<CrowdMember> => ({
      issuer: 'farm',
      token: await farm.appOnlyToken({ nameid: `${id}@${realm}` }),
      identity: describeCaller({ issuer: 'farm', kind: 'app', application: { id } }),
      status: 200,
    }),
    async (id: string): Promise<CrowdMember> => {
      const upn = `${id}@users.example`
      const user = { nameid: id, upn }
      return {
        issuer: 'farm',
        token: await farm.userToken({ ...user, nii: 'urn:store' }, actorToken),
        identity: describeCaller({
          issuer: 'farm',
          kind: 'user+app',
          application: { id: delegate },
          user: { id, upn },
        }),
        status: rightsOfUser(user).length === 0 ? 403 : 200,
      }
    },
    async (id: string): Promise<CrowdMember> => ({
      issuer: 'login',
      token: await login.token({ claims: { sub: id, client_id: id, scope: 'reports.read' } }),
      identity: describeCaller({ issuer: 'login', kind: 'app', application: { id } }),
      status: 200,
    }),
    async (id: string): Promise<CrowdMember> => ({
      issuer: 'login',
      token: await login.token({ claims: { sub: `user-${id}`, client_id: id, scope: 'reports.read' } }),
      identity: describeCaller({
        issuer: 'login',
        kind: 'user+app',
        application: { id },
        user: { id: `user-${id}` },
      }),
      status: 200,
    }),
  ]
  return Promise.all(
    Array.from({ length: size }, (_, index) => {
      const make = makers[index % makers.length] ?? assert.fail()
      return make(`caller-${Math.floor(index / makers.length)}`)
    }),
  )
}

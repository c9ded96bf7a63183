import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { AuditEvent, Grant, Permission } from 'passport-s2s'
import { fixedClock } from '../support/clock.ts'
import { makeFarm, type Farm } from '../support/farm.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { readmeCode } from '../support/readme.ts'
import { sendRaw } from '../support/send-raw.ts'
import { dana, s2sAudience, self } from '../support/world.ts'
import { consumingFarm, contentResources, mySitesHost, searchTrust, siteMailboxes } from './grant-recipes.ts'

/**
 * The grants that SharePoint's administrators are told to make, as calls over https: every right, at the place that was
 * granted, above, below and beside it, by the application on its own and for a user.
 */

const sharePoint = '00000003-0000-0ff1-ce00-000000000000'
const exchange = '00000002-0000-0ff1-ce00-000000000000'
const otherRealm = '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2'
const rightOf = { GET: 'Read', PUT: 'Write', DELETE: 'FullControl' } as const
const methods = ['GET', 'PUT', 'DELETE'] as const
type Method = (typeof methods)[number]

interface Recipe {
  readonly name: string
  readonly grants: readonly Grant[]
  readonly clientId: string
  /** What it may do where it was granted, and below. */
  readonly may: readonly Method[]
  readonly mayAlone: boolean
  /** Places that the grant reaches, and places that it does not. */
  readonly inside: readonly string[]
  readonly outside: readonly string[]
}

const subscription = {
  inside: ['/default', '/default/', '/default/search', '/default/search/news', '/default/personal/dana'],
  outside: ['/other', '/defaults', '/default2/search', '/other/default', '/DEFAULT/search'],
} as const

const recipes: readonly Recipe[] = [
  {
    name: 'a host of My Sites and the farm that uses it',
    ...{ grants: mySitesHost, clientId: sharePoint, may: ['GET', 'PUT'], mayAlone: true, ...subscription },
  },
  {
    name: 'a farm that uses My Sites and their host',
    ...{ grants: consumingFarm, clientId: sharePoint, may: ['GET'], mayAlone: true, ...subscription },
  },
  {
    name: 'site mailboxes of Exchange',
    ...{ grants: siteMailboxes, clientId: exchange, may: methods, mayAlone: true, ...subscription },
  },
  {
    name: 'a farm that searches here',
    ...{ grants: searchTrust, clientId: sharePoint, may: methods, mayAlone: false },
    inside: ['/default/search', '/default/search/', '/default/search/news'],
    outside: ['/default', '/default/searches', '/default/personal/search', '/other/search', '/default/personal'],
  },
]

/** What the user holds, by name. */
const users: Readonly<Record<string, readonly Permission[]>> = {
  [dana.upn]: ['content:FullControl'],
  'reader@fabrikam.example': ['content:Read'],
  'editor@fabrikam.example': [{ scope: 'content', right: 'Write', container: '/default/search/news' }],
}

for (const form of forms) {
  for (const recipe of recipes) {
    describe(`${recipe.name} (${form})`, () => {
      let farm: Farm
      let app: GuardedApp
      before(async () => {
        const { clientId, grants } = recipe
        farm = await makeFarm({
          realm: otherRealm,
          clientId,
          issuerId: clientId,
          audience: s2sAudience,
          clock: fixedClock,
        })
        app = await startContentServer({ form, farm, clientId, grants })
      })
      after(() => app.close())

      const send = async (token: string, method: Method, place: string): Promise<Outcome> =>
        sendOne(app, { token, method, place })

      for (const method of methods) {
        const right = rightOf[method]
        const granted = recipe.may.includes(method)

        it(`${granted && recipe.mayAlone ? 'lets' : 'refuses'} ${right} ${granted && recipe.mayAlone ? 'pass' : 'to'} the application on its own`, async () => {
          const refused = granted ? 'ERR_S2S_APP_ONLY_NOT_ALLOWED' : 'ERR_S2S_GRANT_MISSING'
          for (const place of recipe.inside) {
            const { code } = await send(await farm.appOnlyToken(), method, place)
            assert.equal(code, granted && recipe.mayAlone ? 'allowed' : refused, place)
          }
        })

        it(`${granted ? 'lets' : 'refuses'} ${right} ${granted ? 'pass' : 'to'} the application for a user who may do everything`, async () => {
          for (const place of recipe.inside) {
            const { code } = await send(await farm.userToken(dana), method, place)
            assert.equal(code, granted ? 'allowed' : 'ERR_S2S_GRANT_MISSING', place)
          }
        })

        it(`refuses ${right} everywhere else, alone and for a user`, async () => {
          for (const place of recipe.outside) {
            for (const token of [await farm.appOnlyToken(), await farm.userToken(dana)]) {
              assert.equal((await send(token, method, place)).code, 'ERR_S2S_GRANT_MISSING', place)
            }
          }
        })
      }

      it('gives a user no more than he has himself', async () => {
        const reader = await farm.userToken({ upn: 'reader@fabrikam.example' })
        for (const method of methods) {
          const expected = method === 'GET' ? 'allowed' : 'ERR_S2S_USER_RIGHT_MISSING'
          const { code } = await send(reader, method, '/default/search/news')
          assert.equal(code, recipe.may.includes(method) ? expected : 'ERR_S2S_GRANT_MISSING')
        }
        const editor = await farm.userToken({ upn: 'editor@fabrikam.example' })
        assert.equal((await send(editor, 'GET', '/default/search/news')).code, 'allowed')
        assert.equal((await send(editor, 'GET', '/default/search')).code, 'ERR_S2S_USER_RIGHT_MISSING')
      })

      it('says in the audit event which grant counted, and what it does not reach', async () => {
        const token = await farm.userToken(dana)
        const { derivation } = (await send(token, 'GET', '/default/search/news')).event
        const [permission] = recipe.grants[0]?.permissions ?? []
        assert.deepEqual(derivation?.permissions[0]?.given, [
          {
            permission: `content:${rightOfPermission(permission)}`,
            container: (permission as { container: string }).container,
            grant: { issuer: recipe.grants[0]?.issuer, application: recipe.clientId, appOnly: recipe.mayAlone },
            verdict: 'counts',
          },
        ])
        const elsewhere = (await send(token, 'GET', '/other')).event
        assert.equal(elsewhere.derivation?.permissions[0]?.given[0]?.verdict, 'outside-container')
      })
    })
  }
}

describe('README.md', () => {
  it('shows these grants', () => {
    const recipesOfReadme = readmeCode('ts', 'recipes')
    const source = readFileSync(join(import.meta.dirname, 'grant-recipes.ts'), 'utf8')
    assert.ok(recipesOfReadme.length === 1)
    for (const code of recipesOfReadme) assert.equal(code, source)
  })
})

interface ContentServer {
  readonly form: (typeof forms)[number]
  readonly farm: Farm
  readonly clientId: string
  readonly grants: readonly Grant[]
}

function startContentServer({ form, farm, clientId, grants }: ContentServer): Promise<GuardedApp> {
  return startGuardedApp({
    form,
    resources: contentResources,
    resourceOptions: { pathSyntax: 'express5' },
    s2s: {
      self,
      clock: fixedClock,
      trustedIssuers: [
        {
          type: 's2s-certificate',
          name: grants[0]?.issuer ?? '',
          registeredIssuerName: farm.issuerName,
          certificates: farm.certificate.certificatePem,
          allowDelegation: { applications: [clientId] },
        },
      ],
      grants,
      userRights: ({ upn = '' }) => users[upn] ?? [],
    },
  })
}

interface Outcome {
  /** `allowed`, or the code in the audit event. */
  readonly code: string
  readonly event: AuditEvent
}

/** Sends one request; status, audit event and whether the handler ran must agree. */
async function sendOne(
  app: GuardedApp,
  { token, method, place }: { token: string; method: Method; place: string },
): Promise<Outcome> {
  const calls = app.handlerCalls()
  const headers = [['Authorization', `Bearer ${token}`]] as const
  const { status } = await sendRaw(app, { method, path: `/content${place}`, headers })
  const event = app.events.at(-1)
  assert.ok(event)
  assert.equal(event.name, status === 200 ? 'access.allowed' : 'access.denied')
  assert.equal(status, event.code === undefined ? 200 : 403)
  assert.equal(app.handlerCalls(), status === 200 ? calls + 1 : calls)
  assert.equal(event.derivation?.conclusion, event.code ?? 'allowed')
  return { code: event.code ?? 'allowed', event }
}

function rightOfPermission(permission: Permission | undefined): string | undefined {
  return typeof permission === 'object' ? permission.right : undefined
}

import type { DpopOptions, Resources, S2SOptions } from 'passport-s2s'
import { createTestDpopKey, type TestDpopKey, type TestProofOptions } from 'passport-s2s/testing'
import { fixedClock } from './clock.ts'
import type { GuardedApp } from './guarded-app.ts'
import type { OAuthTokenChanges } from './oauth-issuer.ts'
import { sendRaw, type RawAnswer, type RawRequest } from './send-raw.ts'
import { makeWorld, self, type World } from './world.ts'

/** The address by which callers know the server of every story. */
export const origin = `https://${self.hosts[0]}`

/** What is said of a request besides its token and proof. */
type Header = readonly [name: string, value: string]

/** A client that uses DPoP, and the world it lives in. */
export interface DpopCaller {
  readonly world: World
  /** The world's own, with the option `dpop`. */
  readonly options: S2SOptions
  readonly key: TestDpopKey
  /** An access token with `reports.read` that is bound to the client's key. */
  token(this: void, changes?: OAuthTokenChanges): Promise<string>
  /** A proof for `GET /reports/1`, unless it is told otherwise. */
  proof(this: void, changes: Partial<TestProofOptions> & { readonly token: string }): string
}

/** Makes a client with a key of its own. The server trusts the issuers of the world, and its clock stands still. */
export async function makeDpopCaller(dpop: DpopOptions = {}): Promise<DpopCaller> {
  const world = await makeWorld()
  const key = createTestDpopKey({ clock: fixedClock })
  return {
    world,
    options: { ...world.options, dpop },
    key,
    token: ({ claims, ...changes } = {}) =>
      world.oauth.token({ ...changes, claims: { scope: 'reports.read', cnf: { jkt: key.jkt }, ...claims } }),
    proof: (changes) => key.proof({ url: `${origin}/reports/1`, ...changes }),
  }
}

/** The headers of a request with a token and proofs, in the scheme `DPoP`. */
export function dpopHeaders(token: string, ...proofs: readonly string[]): readonly Header[] {
  return [['Authorization', `DPoP ${token}`], ...proofs.map((proof): Header => ['DPoP', proof])]
}

/** Sends a token with a proof. */
export function sendDpop(
  app: GuardedApp,
  { token, proof, ...request }: RawRequest & { readonly token: string; readonly proof: string },
): Promise<RawAnswer> {
  return sendRaw(app, { ...request, headers: [...dpopHeaders(token, proof), ...(request.headers ?? [])] })
}

/** One resource for every method that stories use. */
export const reports: Resources = {
  'GET /reports/:id': 'reports.read',
  'POST /reports/:id': 'reports.read',
  'GET /other': 'reports.read',
}

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { ErrorCode } from '../../lib/foundation/error-codes.ts'
import { S2SError } from '../../lib/foundation/errors.ts'
import type { S2SPrincipal } from '../../lib/identity/principal.ts'
import type { OAuthTestIssuer, OAuthTokenChanges } from '../../lib/testing/oauth-test-issuer.ts'
import { createVerifier, type VerifierOptions } from '../../lib/verifier.ts'
import { NOW, fixedClock } from './clock.ts'

/** What this server is called in all tables. */
export const audience = 'https://reports.example.com'

type Token = string | (() => string | Promise<string>)

/** One dialect: tokens in, principals out, and tokens that must not get in. */
export interface DialectTable {
  readonly server: Omit<VerifierOptions, 'clock'>
  /** Each token, and the principal without `token` that it makes. */
  readonly accepted: readonly (readonly [title: string, token: Token, principal: Omit<S2SPrincipal, 'token'>])[]
  readonly refused: readonly (readonly [title: string, token: Token, code: ErrorCode])[]
}

/** Runs a table: the same verifier for all rows, so that nothing that was accepted before helps what is refused. */
export function describeDialect(name: string, { server, accepted, refused }: DialectTable): void {
  describe(name, () => {
    const verifier = createVerifier({ audience, ...server, clock: fixedClock })
    after(verifier.close)

    for (const [title, token, principal] of accepted) {
      it(`knows ${title}`, async () => {
        const { token: times, ...found } = await verifier.verify(await textOf(token))
        assert.deepEqual(found, principal)
        assert.equal(times.format, 'jwt')
        assert.ok(times.expiresAt > NOW)
      })
    }

    for (const [title, token, code] of refused) {
      it(`refuses ${title}`, async () => {
        const error: unknown = await verifier.verify(await textOf(token)).then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        assert.ok(error instanceof S2SError, 'it was let in')
        assert.equal(error.code, code, error.reason)
      })
    }

    it('has ten hostile variants at least', () => {
      assert.ok(refused.length >= 10)
    })
  })
}

async function textOf(token: Token): Promise<string> {
  return typeof token === 'string' ? token : token()
}

/** The usual claims of RFC 9068 that a dialect has none of, and a header without `typ`. */
const bare = { header: { typ: undefined }, claims: { client_id: undefined, jti: undefined } }

/** Makes tokens of one true shape: `claims` and `header` as the dialect has them, and what differs in one of them. */
export function shapeOf(issuer: OAuthTestIssuer, claims: object, header: object = {}) {
  return (changes: OAuthTokenChanges = {}): string =>
    issuer.appToken({
      ...changes,
      header: { ...bare.header, ...header, ...changes.header },
      claims: { ...bare.claims, ...claims, ...changes.claims },
    })
}

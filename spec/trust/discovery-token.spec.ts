import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { authorizationFor } from '../../lib/trust/discovery-token.ts'
import type { OpenIdIssuerOptions } from '../../lib/trust/issuer-options.ts'
import { createOpenIdIssuer } from '../../lib/trust/openid-issuer.ts'
import { fixedClock } from '../support/clock.ts'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'
import { refusal } from '../support/refusal.ts'
import { makeTrustWorld } from '../support/trust-context.ts'
import { oauthAudience } from '../support/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'discovery-token-'))
const file = join(folder, 'token')
after(() => {
  rmSync(folder, { recursive: true })
})

const issuer = 'https://kubernetes.default.svc'
const keys = makeOAuthIssuer({ issuer, audience: oauthAudience, clock: fixedClock, algorithms: ['ES256'] })

/** What each address was shown, where the documents are these. */
async function shownTo(documents: Readonly<Record<string, object>>, options: Partial<OpenIdIssuerOptions>) {
  writeFileSync(file, 'pod-token\n')
  const shown: [url: string, authorization: string | null][] = []
  const fetch = (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    shown.push([url as string, new Headers(init?.headers).get('authorization')])
    return Promise.resolve(Response.json(documents[url as string]))
  }
  const { context } = makeTrustWorld()
  const made = createOpenIdIssuer({ type: 'openid', issuer, discoveryTokenFile: file, fetch, ...options }, context)
  await made.keys.current()
  made.keys.close()
  return shown
}

describe('the token for the documents of an issuer', () => {
  it('is shown to the issuer, and not to the address that its document names', async () => {
    const discovery = `${issuer}/.well-known/openid-configuration`
    const elsewhere = 'https://10.0.0.1:6443/openid/v1/jwks'
    const documents = { [discovery]: { issuer, jwks_uri: elsewhere }, [elsewhere]: keys.jwks() }
    assert.deepEqual(await shownTo(documents, {}), [
      [discovery, 'Bearer pod-token'],
      [elsewhere, null],
    ])
  })

  it('is shown to the origin of jwksUri where that is configured', async () => {
    const jwksUri = 'https://10.0.0.1:6443/openid/v1/jwks'
    assert.deepEqual(await shownTo({ [jwksUri]: keys.jwks() }, { jwksUri }), [[jwksUri, 'Bearer pod-token']])
  })

  it('is not shown to another port, host or scheme', async () => {
    const token = { file, origin: issuer }
    for (const url of [`${issuer}:8443/`, 'http://kubernetes.default.svc/', 'https://kubernetes.default.svc.evil/']) {
      assert.equal(await authorizationFor(url, token), undefined)
    }
    assert.equal(await authorizationFor(`${issuer}:443/x`, token), 'Bearer pod-token')
    assert.equal(await authorizationFor(issuer, undefined), undefined)
  })

  for (const [name, content] of [
    ['is empty', ' \n'],
    ['holds two tokens', 'a b'],
    ['holds a line of a header', 'a\r\nX-Evil: 1'],
    ['holds no token', '{"token":"secret"}'],
    ['is far too long', 'a'.repeat(20_000)],
  ] as const) {
    it(`is not sent where the file ${name}, and what it holds is not told`, async () => {
      writeFileSync(file, content)
      await assert.rejects(authorizationFor(issuer, { file, origin: issuer }), (error) => {
        refusal(
          'ERR_S2S_KEYS_UNREACHABLE',
          `the file ${file} (discoveryTokenFile) does not hold one bearer token`,
        )(error)
        return true
      })
    })
  }

  it('is an outage where the file cannot be read', async () => {
    const token = { file: join(folder, 'nowhere'), origin: issuer }
    await assert.rejects(authorizationFor(issuer, token), refusal('ERR_S2S_KEYS_UNREACHABLE', /cannot be read$/))
  })
})

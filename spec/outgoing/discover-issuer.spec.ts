import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OutgoingError } from '../../lib/foundation/errors.ts'
import { createIssuerDiscovery, type IssuerDiscovery } from '../../lib/outgoing/discover-issuer.ts'
import type { IssuerFetch } from '../../lib/outgoing/issuer-transport.ts'
import type { OAuthTokenOptions } from '../../lib/outgoing/oauth-options.ts'
import { makeMovableClock, type MovableClock } from '../support/clock.ts'

const usual: OAuthTokenOptions = {
  issuer: 'https://login.example/tenant',
  clientId: 'documents',
  authentication: { type: 'client_secret_basic', secret: 'a-secret' },
}
const document = { issuer: usual.issuer, token_endpoint: 'https://login.example/tenant/token' }
const oidc = 'https://login.example/tenant/.well-known/openid-configuration'
const oauth = 'https://login.example/.well-known/oauth-authorization-server/tenant'

interface Story {
  readonly discovery: IssuerDiscovery
  readonly time: MovableClock
  /** What was asked for. */
  readonly asked: string[]
  /** What is answered at which address; everything else is 404. */
  readonly documents: Map<string, unknown>
}

function tell(documents: Readonly<Record<string, unknown>>, options: Partial<OAuthTokenOptions> = {}): Story {
  const asked: string[] = []
  const time = makeMovableClock()
  const served = new Map(Object.entries(documents))
  const fetch: IssuerFetch = (url) => {
    asked.push(url)
    const found = served.get(url)
    if (found instanceof Error) return Promise.reject(found)
    return Promise.resolve(found === undefined ? new Response(null, { status: 404 }) : Response.json(found))
  }
  const discovery = createIssuerDiscovery({ ...usual, ...options }, fetch, time.clock)
  return { discovery, time, asked, documents: served }
}

describe('discovery of an OAuth issuer', () => {
  it('asks where OpenID Connect has the document', async () => {
    const { discovery, asked } = tell({ [oidc]: { ...document, jwks_uri: 'https://login.example/jwks', more: [1] } })
    assert.deepEqual(await discovery.current(), document)
    assert.deepEqual(asked, [oidc])
  })

  it('asks where RFC 8414 has it when it is not there', async () => {
    const { discovery, asked } = tell({ [oauth]: document })
    assert.deepEqual(await discovery.current(), document)
    assert.deepEqual(asked, [oidc, oauth])
  })

  it('lets the first document decide, also when it is wrong', async () => {
    const { discovery, asked } = tell({ [oidc]: { ...document, issuer: 'https://other.example' }, [oauth]: document })
    await assert.rejects(discovery.current(), { code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE', side: 'issuer' })
    assert.deepEqual(asked, [oidc])
  })

  it('compares the issuer to the letter', async () => {
    const { discovery } = tell({ [oidc]: { ...document, issuer: 'https://LOGIN.example/tenant' } })
    await assert.rejects(discovery.current(), {
      code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
      side: 'issuer',
      reason: /^the metadata is not of https:\/\/login\.example\/tenant; compare letter case/,
    })
  })

  it('takes a token endpoint on another origin only where that is named', async () => {
    const elsewhere = { ...document, token_endpoint: 'https://tokens.example/token' }
    await assert.rejects(tell({ [oidc]: elsewhere }).discovery.current(), {
      code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
      side: 'ours',
      reason: /name it in oauth\.tokenEndpointOrigins$/,
    })
    const { discovery } = tell({ [oidc]: elsewhere }, { tokenEndpointOrigins: ['https://tokens.example'] })
    assert.deepEqual(await discovery.current(), elsewhere)
  })

  it('says so when there is none', async () => {
    await assert.rejects(tell({}).discovery.current(), {
      code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
      side: 'issuer',
      reason: 'no metadata of https://login.example/tenant was found',
    })
  })

  it('keeps the side of a connection that failed, and its cause', async () => {
    for (const side of ['ours', 'target'] as const) {
      const cause = new OutgoingError('ERR_S2S_TARGET_UNREACHABLE', 'login.example cannot be reached', { side })
      await assert.rejects(tell({ [oidc]: cause }).discovery.current(), {
        code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
        side: side === 'ours' ? 'ours' : 'issuer',
        reason: 'no answer from https://login.example/tenant: login.example cannot be reached',
        cause,
      })
    }
  })

  it('has one flight for all callers and keeps its result for an hour', async () => {
    const { discovery, time, asked } = tell({ [oidc]: document })
    await Promise.all([discovery.current(), discovery.current(), discovery.current()])
    time.advance(3599)
    await discovery.current()
    assert.equal(asked.length, 1)
    time.advance(1)
    await discovery.current()
    assert.equal(asked.length, 2)
  })

  it('asks again after the clock was set back, and when it is told to forget', async () => {
    const { discovery, time, asked } = tell({ [oidc]: document })
    await discovery.current()
    time.advance(-1)
    await discovery.current()
    assert.equal(asked.length, 2)
    discovery.forget()
    await discovery.current()
    assert.equal(asked.length, 3)
  })

  it('does not remember a failure', async () => {
    const { discovery, documents } = tell({})
    await assert.rejects(discovery.current())
    documents.set(oidc, document)
    assert.deepEqual(await discovery.current(), document)
  })

  const alias = 'https://mtls.login.example/token'
  const mtls = { type: 'mtls', certificate: 'a', privateKey: 'b' } as const
  const aliased = { ...document, mtls_endpoint_aliases: { token_endpoint: alias } }

  it('takes the alias for client certificates, where its origin is named', async () => {
    const named = { authentication: mtls, tokenEndpointOrigins: ['https://mtls.login.example'] }
    const { discovery } = tell({ [oidc]: aliased }, named)
    assert.deepEqual(await discovery.current(), { issuer: usual.issuer, token_endpoint: alias })
  })

  it('takes it as well where a certificate is only what tokens are bound to', async () => {
    const bound = {
      mtls: { certificate: 'a', privateKey: 'b' },
      tokenEndpointOrigins: ['https://mtls.login.example'],
    }
    const { discovery } = tell({ [oidc]: aliased }, bound)
    assert.deepEqual(await discovery.current(), { issuer: usual.issuer, token_endpoint: alias })
  })

  it('takes no alias without a client certificate, or where there is none', async () => {
    assert.deepEqual(await tell({ [oidc]: aliased }).discovery.current(), document)
    for (const aliases of [undefined, null, 'https://a.example', [], {}]) {
      const changed = { ...document, mtls_endpoint_aliases: aliases }
      const { discovery } = tell({ [oidc]: changed }, { authentication: mtls })
      assert.deepEqual(await discovery.current(), document)
    }
  })

  for (const token_endpoint of [
    undefined,
    null,
    1,
    '',
    '/token',
    'http://login.example/token',
    'https://a@login.example/',
  ]) {
    it(`refuses the token endpoint ${JSON.stringify(token_endpoint)}`, async () => {
      const { discovery } = tell({ [oidc]: { ...document, token_endpoint } })
      await assert.rejects(discovery.current(), {
        code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
        reason: /has no https "token_endpoint"/,
      })
    })
  }
})

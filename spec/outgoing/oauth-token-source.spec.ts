import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { createAuditLog } from '../../lib/audit/audit-log.ts'
import type { OAuthTokenOptions } from '../../lib/outgoing/oauth-options.ts'
import { createOAuthTokenSource } from '../../lib/outgoing/oauth-token-source.ts'
import type { CallingServer, TokenRequest } from '../../lib/outgoing/token-source.ts'
import { makeMovableClock, NOW, type MovableClock } from '../support/clock.ts'
import { callingServer } from '../support/oauth-caller.ts'
import { startScriptedIssuer, type ScriptedIssuer } from '../support/scripted-issuer.ts'

const target = new URL('https://reports.example/')
const request: TokenRequest = { target, url: target }

describe('a source of tokens of an OAuth issuer', () => {
  let issuer: ScriptedIssuer
  let time: MovableClock
  let server: CallingServer

  before(async () => {
    issuer = await startScriptedIssuer()
  })
  after(() => issuer.close())
  beforeEach(() => {
    time = makeMovableClock()
    server = {
      ...callingServer,
      clock: time.clock,
      currentKey: () => {
        throw new TypeError('there is no key')
      },
    }
  })

  const optionsFor = (changes: Partial<OAuthTokenOptions> = {}): OAuthTokenOptions => ({
    issuer: issuer.url,
    clientId: 'documents',
    authentication: { type: 'client_secret_basic', secret: 'a-secret' },
    ca: issuer.ca,
    ...changes,
  })

  it('asks for nothing before a token is made', async () => {
    const requests = issuer.requests.length
    const { key } = await createOAuthTokenSource(optionsFor(), server).describe(request)
    assert.deepEqual([key.issuer, key.application, key.kind], [issuer.url, 'documents', 'app'])
    assert.equal(issuer.requests.length, requests)
  })

  it('counts the life of a token from before it was asked for', async () => {
    issuer.token = (response) => {
      time.advance(20)
      response.end('{"access_token":"a","token_type":"Bearer","expires_in":600}')
    }
    const { make } = await createOAuthTokenSource(optionsFor(), server).describe(request)
    assert.deepEqual(await make(), { token: 'a', expiresAt: NOW + 600 })
  })

  it('reports a token that it got, and never the token itself nor the one it was got for', async () => {
    issuer.token = { access_token: 'the.new.token', token_type: 'Bearer' }
    const events: AuditEvent[] = []
    const audit = createAuditLog({ clock: time.clock, onAuditEvent: (event) => events.push(event) })
    const source = createOAuthTokenSource(optionsFor(), { ...server, audit })
    await (await source.describe({ ...request, subjectToken: 'the.old.token' })).make()
    assert.deepEqual(
      events.map(({ name, kind, issuer: from, resource }) => [name, kind, from, resource]),
      [['token.obtained', 'user+app', issuer.url, target.origin]],
    )
    assert.doesNotMatch(JSON.stringify(events), /the\.(new|old)\.token/)
  })

  it('sends the subject token of the call', async () => {
    issuer.token = { access_token: 'a', token_type: 'Bearer' }
    const source = createOAuthTokenSource(optionsFor(), server)
    const { key, make } = await source.describe({ ...request, subjectToken: 'a.b.c' })
    assert.equal(key.kind, 'user+app')
    assert.deepEqual(await make(), { token: 'a', expiresAt: NOW + 300 })
    assert.equal(issuer.tokenRequests.at(-1)?.form.get('subject_token'), 'a.b.c')
  })

  it('reads the metadata again after the token endpoint failed, not after a refusal nor a 401 of the target', async () => {
    issuer.token = { access_token: 'a', token_type: 'Bearer' }
    const source = createOAuthTokenSource(optionsFor(), server)
    const { make } = await source.describe(request)
    const metadataRequests = (): number => issuer.requests.filter((line) => line.startsWith('GET')).length
    await make()
    const first = metadataRequests()
    issuer.token = (response) => response.writeHead(400).end('{"error":"invalid_scope"}')
    await assert.rejects(make(), { code: 'ERR_S2S_TOKEN_REQUEST_REFUSED' })
    source.forget()
    await assert.rejects(make())
    assert.equal(metadataRequests(), first)
    issuer.token = (response) => response.writeHead(404).end()
    await assert.rejects(make(), { code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE' })
    issuer.token = { access_token: 'b', token_type: 'Bearer' }
    assert.equal((await make()).token, 'b')
    assert.equal(metadataRequests(), first + 1)
  })

  it('keeps to the options it was made with', async () => {
    issuer.token = { access_token: 'a', token_type: 'Bearer' }
    const options = { ...optionsFor(), scope: 'a' }
    const source = createOAuthTokenSource(options, server)
    options.scope = 'b'
    await (await source.describe(request)).make()
    assert.equal(issuer.tokenRequests.at(-1)?.form.get('scope'), 'a')
  })

  it('says so when there is no key to sign an assertion with', async () => {
    const source = createOAuthTokenSource(optionsFor({ authentication: { type: 'private_key_jwt' } }), server)
    const requests = issuer.tokenRequests.length
    await assert.rejects((await source.describe(request)).make(), {
      code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
      reason: `no request to ${issuer.url} could be made`,
    })
    assert.equal(issuer.tokenRequests.length, requests)
  })

  it('does not describe a token for a call that is aborted', async () => {
    const source = createOAuthTokenSource(optionsFor(), server)
    const reason = new Error('no more')
    await assert.rejects(source.describe({ ...request, signal: AbortSignal.abort(reason) }), reason)
  })

  it('refuses options at once', () => {
    assert.throws(() => createOAuthTokenSource(optionsFor({ clientId: '' }), server), {
      code: 'ERR_S2S_OPTION_INVALID',
      message: 'oauth.clientId is empty',
    })
    assert.throws(() => createOAuthTokenSource(optionsFor({ delegation: 'entra-obo' }), server), {
      code: 'ERR_S2S_OPTION_INVALID',
      message: /^oauth\.scope is missing; Entra needs it/,
    })
  })
})

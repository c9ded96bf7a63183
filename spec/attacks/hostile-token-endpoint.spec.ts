import assert from 'node:assert/strict'
import { Agent } from 'node:https'
import { after, before, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import type { OAuthAuthentication } from '../../lib/oauth/client-authentication-options.ts'
import type { OAuthTokenOptions } from '../../lib/outgoing/oauth-options.ts'
import type { S2SClient } from '../../lib/outgoing/s2s-client.ts'
import { makeCertificate } from '../support/certificates.ts'
import { fixedClock } from '../support/clock.ts'
import { startHttpServer, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { assertCallFails, makeOAuthCaller, type ExpectedFailure } from '../support/oauth-caller.ts'
import { sendJson, startScriptedIssuer, type ScriptedAnswer, type ScriptedIssuer } from '../support/scripted-issuer.ts'

const secret = 'a-secret-of-this-run'
const userToken = 'eyJhbGciOiJSUzI1NiJ9.a-token-of-a-user.signature'
const stolen = 'a-token-that-nobody-may-see'
const bearer = { access_token: stolen, token_type: 'Bearer', expires_in: 600 }

interface HostileCase {
  readonly name: string
  /** What the metadata has besides or instead of the usual. */
  readonly metadata?: () => ScriptedAnswer
  readonly token?: () => ScriptedAnswer
  readonly options?: () => Partial<OAuthTokenOptions>
  readonly side?: ExpectedFailure['side']
  readonly reason: RegExp
  /** How often the issuer's own token endpoint may be asked. Default 0: nothing secret was sent at all. */
  readonly tokenRequests?: number
}

describe('a hostile or broken token endpoint', () => {
  let issuer: ScriptedIssuer
  let target: LocalServer
  let other: LocalServer
  let plain: LocalServer
  let certificate: OAuthAuthentication
  const calls: string[] = []

  before(async () => {
    const made = await makeCertificate({ commonName: 'Reports', keyType: 'ec256' })
    certificate = { type: 'mtls', certificate: made.certificatePem, privateKey: made.privateKeyPem }
    target = await startHttpsServer((request, response) => {
      calls.push(`${request.url ?? ''} ${request.headers.authorization ?? ''}`)
      response.end('ok')
    })
    other = await startHttpsServer((_request, response) => {
      sendJson(response, 200, bearer)
    })
    plain = await startHttpServer((_request, response) => {
      sendJson(response, 200, bearer)
    })
  })
  after(() => Promise.all([target.close(), other.close(), plain.close()]))
  beforeEach(async () => {
    issuer = await startScriptedIssuer()
    calls.length = 0
  })

  const optionsFor = (changes: Partial<OAuthTokenOptions> = {}): OAuthTokenOptions => ({
    issuer: issuer.url,
    clientId: 'documents',
    authentication: { type: 'client_secret_post', secret },
    ca: issuer.ca,
    timeoutMilliseconds: 2000,
    ...changes,
  })
  const clientWith = (changes: Partial<OAuthTokenOptions> = {}): S2SClient =>
    makeOAuthCaller(fixedClock).clientFor(target, optionsFor(changes))
  const metadata = (changes: object): object => ({
    issuer: issuer.url,
    token_endpoint: `${issuer.url}/token`,
    ...changes,
  })

  const cases: readonly HostileCase[] = [
    ...[302, 303, 307, 308].map((status): HostileCase => ({
      name: `a token endpoint that redirects with ${status}`,
      token: () => (response) => response.writeHead(status, { location: `${other.url}/token` }).end(),
      reason: /a redirect, which is never followed/,
      tokenRequests: 1,
    })),
    {
      name: 'a token endpoint on http',
      metadata: () => metadata({ token_endpoint: `${plain.url}/token` }),
      reason: /no https "token_endpoint"/,
    },
    {
      name: 'a token endpoint with a user name in its address',
      metadata: () => metadata({ token_endpoint: issuer.url.replace('https://', 'https://a:b@') }),
      reason: /no https "token_endpoint"/,
    },
    {
      name: 'metadata without a token endpoint',
      metadata: () => metadata({ token_endpoint: undefined }),
      reason: /no https "token_endpoint"/,
    },
    {
      name: 'a token endpoint on another origin',
      metadata: () => metadata({ token_endpoint: `${other.url}/token` }),
      side: 'ours',
      reason: /name it in oauth\.tokenEndpointOrigins$/,
    },
    {
      name: 'a token endpoint on an origin that is nearly the one allowed',
      metadata: () => metadata({ token_endpoint: `${other.url}/token` }),
      options: () => ({ tokenEndpointOrigins: ['https://localhost', other.url.replace('localhost', '127.0.0.1')] }),
      side: 'ours',
      reason: /name it in oauth\.tokenEndpointOrigins$/,
    },
    {
      name: 'an alias for client certificates on another origin',
      metadata: () => metadata({ mtls_endpoint_aliases: { token_endpoint: `${other.url}/token` } }),
      options: () => ({ authentication: certificate }),
      side: 'ours',
      reason: /name it in oauth\.tokenEndpointOrigins$/,
    },
    {
      name: 'an alias for client certificates on http',
      metadata: () => metadata({ mtls_endpoint_aliases: { token_endpoint: `${plain.url}/token` } }),
      options: () => ({ authentication: certificate }),
      reason: /no https "token_endpoint"/,
    },
    {
      name: 'metadata of another issuer',
      metadata: () => metadata({ issuer: other.url }),
      reason: /is not a JSON document of that issuer/,
    },
    {
      name: 'metadata whose issuer has a slash more',
      metadata: () => metadata({ issuer: `${issuer.url}/` }),
      reason: /compare letter case and the slash/,
    },
    { name: 'metadata that is HTML', metadata: () => html, reason: /is not a JSON document of that issuer/ },
    {
      name: 'metadata that redirects',
      metadata: () => (response) => response.writeHead(302, { location: other.url }).end(),
      reason: /no metadata of .* was found/,
    },
    { name: 'metadata without end', metadata: () => endless, reason: /larger than 524288 bytes/ },
    { name: 'a token answer without end', token: () => endless, reason: /larger than 524288 bytes/, tokenRequests: 1 },
    {
      name: 'a token answer that never comes',
      token: () => () => undefined,
      options: () => ({ timeoutMilliseconds: 200 }),
      reason: /did not answer in time/,
      tokenRequests: 1,
    },
    {
      name: 'a token answer that is HTML',
      token: () => html,
      reason: /did not send one JSON object/,
      tokenRequests: 1,
    },
    {
      name: 'a token answer that says everything twice',
      token: () => (response) =>
        response.end('{"access_token":"good","access_token":"bad","token_type":"Bearer","expires_in":600}'),
      reason: /did not send one JSON object/,
      tokenRequests: 1,
    },
    ...unusable('a token that is bound to a key', { ...bearer, token_type: 'DPoP' }),
    ...unusable('a token without a type', { ...bearer, token_type: undefined }),
    ...unusable('a token of a type that nobody knows', { ...bearer, token_type: 'mac' }),
    ...unusable('a token that is none, in the words of RFC 8693', { ...bearer, token_type: 'N_A' }),
    ...unusable('a refresh token in place of an access token', {
      ...bearer,
      issued_token_type: 'urn:ietf:params:oauth:token-type:refresh_token',
    }),
    ...unusable('a token with a line break and a header of its own', {
      ...bearer,
      access_token: `${stolen}\r\nx-admin: 1`,
    }),
    ...unusable('a token that is a list', { ...bearer, access_token: [stolen] }),
    ...unusable('a token that is empty', { ...bearer, access_token: '' }),
    ...unusable('a token that fits into no header', { ...bearer, access_token: 'a'.repeat(16_385) }),
  ]

  for (const { name, metadata: meta, token, options, side = 'issuer', reason, tokenRequests = 0 } of cases) {
    it(`brings no token to the target and no secret elsewhere: ${name}`, async () => {
      if (meta !== undefined) issuer.metadata = meta()
      if (token !== undefined) issuer.token = token()
      const elsewhere = other.requests.length + plain.requests.length
      const call = clientWith(options?.()).fetch('/reports/1')
      const code = 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE'
      await assertCallFails(call, { code, side, reason, secrets: [secret, stolen] })
      assert.deepEqual(calls, [], 'the target was called')
      assert.equal(other.requests.length + plain.requests.length, elsewhere, 'something left for a wrong place')
      assert.equal(issuer.tokenRequests.length, tokenRequests)
      await issuer.close()
    })
  }

  it('sends the secret to another origin only when that origin is named', async () => {
    issuer.metadata = metadata({ token_endpoint: `${other.url}/token` })
    const asked = other.requests.length
    await clientWith({ tokenEndpointOrigins: [other.url] }).fetch('/reports/1')
    assert.deepEqual(other.requests.slice(asked), ['POST /token'])
    assert.deepEqual(calls, [`/reports/1 Bearer ${stolen}`])
    await issuer.close()
  })

  const refusals: readonly (readonly [name: string, status: number, error: string, ExpectedFailure])[] = [
    ['a refusal with a story', 400, 'invalid_scope', refused(/\(invalid_scope: check scope\)$/)],
    ['a refusal in words of its own', 400, `see ${stolen}`, refused(/\(with a word of its own\)$/)],
    ['a refusal with a challenge', 401, 'invalid_client', refused(/\(invalid_client: /)],
    ['an outage that looks like a refusal', 400, 'temporarily_unavailable', outage(/answered with status 400$/)],
    ['too many requests', 429, 'invalid_client', outage(/answered with status 429$/)],
    ['a fault of its own', 500, 'invalid_client', outage(/answered with status 500$/)],
  ]
  for (const [name, status, error, expected] of refusals) {
    it(`repeats nothing that the issuer made up: ${name}`, async () => {
      issuer.token = (response) => {
        response.setHeader('www-authenticate', `Basic realm="${stolen}"`)
        sendJson(response, status, { error, error_description: `${stolen} ${secret}`, error_uri: stolen })
      }
      await assertCallFails(clientWith().fetch('/reports/1'), { ...expected, secrets: [secret, stolen] })
      assert.deepEqual(calls, [], 'the target was called')
      await issuer.close()
    })
  }

  it('does not remember a failure', async () => {
    const good = issuer.metadata
    issuer.metadata = html
    const client = clientWith()
    await assert.rejects(client.fetch('/reports/1'))
    issuer.metadata = good
    const goodToken = issuer.token
    issuer.token = html
    await assert.rejects(client.fetch('/reports/1'))
    issuer.token = goodToken
    assert.equal((await client.fetch('/reports/1')).status, 200)
    await issuer.close()
  })

  it('is asked once for 500 concurrent calls', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 20, ca: target.ca })
    const client = makeOAuthCaller(fixedClock).clientFor({ ...target, agent }, optionsFor())
    const answers = await Promise.all(Array.from({ length: 500 }, () => client.fetch('/reports/1')))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    assert.deepEqual(issuer.requests, ['GET /.well-known/openid-configuration', 'POST /token'])
    assert.deepEqual([...new Set(calls)], ['/reports/1 Bearer token-1'])
    assert.equal(calls.length, 500)
    agent.destroy()
    await issuer.close()
  })

  it("never brings one user's token for another, in any order of calls", async () => {
    const nameOf = (subjectToken: string | null | undefined): string =>
      Buffer.from(subjectToken ?? 'this server').toString('hex')
    issuer.token = (response, form) => {
      const whose = nameOf(form.get('subject_token'))
      setTimeout(
        () => {
          sendJson(response, 200, { ...bearer, access_token: `for-${whose}` })
        },
        (whose.length * 3) % 7,
      )
    }
    // Lookalikes: tokens that differ by a letter, its case, or where one part ends.
    const users = [undefined, 'a.b.c', 'a.b.C', 'a.bc', 'ab.c', userToken, `${userToken}A`, '["a"]', 'null']
    const order = fc.array(fc.record({ user: fc.nat(users.length - 1), wait: fc.boolean() }), { maxLength: 15 })
    const run = fc.asyncProperty(order, async (steps) => {
      calls.length = 0
      const client = clientWith()
      const pending: Promise<Response>[] = []
      for (const { user, wait } of steps) {
        const subjectToken = users[user]
        const call = client.fetch(`/${user}`, subjectToken === undefined ? {} : { subjectToken })
        pending.push(call)
        if (wait) await call
      }
      await Promise.all(pending)
      const expected = steps.map(({ user }) => `/${user} Bearer for-${nameOf(users[user])}`)
      assert.deepEqual(calls.toSorted(), expected.toSorted())
    })
    await fc.assert(run, { numRuns: 20 })
    await issuer.close()
  })
})

function unusable(name: string, document: object): readonly HostileCase[] {
  return [{ name, token: () => document, reason: /answered with no usable Bearer token$/, tokenRequests: 1 }]
}

function html(response: Parameters<Extract<ScriptedAnswer, (...parameters: never[]) => void>>[0]): void {
  response.setHeader('content-type', 'text/html').end(`<p>${stolen}</p>`)
}

function endless(response: Parameters<Extract<ScriptedAnswer, (...parameters: never[]) => void>>[0]): void {
  response.setHeader('content-type', 'application/json')
  response.write('{"a":"')
  const more = (): void => {
    while (!response.destroyed && response.write('a'.repeat(65_536)));
  }
  response.on('drain', more)
  more()
}

function refused(reason: RegExp): ExpectedFailure {
  return { code: 'ERR_S2S_TOKEN_REQUEST_REFUSED', side: 'ours', reason }
}

function outage(reason: RegExp): ExpectedFailure {
  return { code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE', side: 'issuer', reason }
}

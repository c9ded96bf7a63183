import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { AuditEvent } from 'passport-s2s'
import request from 'supertest'
import { makeCertificate } from '../../example-app/certificates.ts'
import { runAssistant, type AssistantResult, type AssistantTask } from '../../example-app/mcp/run-assistant.ts'
import { startNotes, type NoteServer } from '../../example-app/mcp/start-notes.ts'
import { traceRequests } from '../../example-app/mcp/trace-requests.ts'
import { startOpenIdProvider, type OpenIdProvider } from '../../example-app/openid-provider.ts'

const metadataPath = '/.well-known/oauth-protected-resource/mcp'

/** From the first request without a token to the answer, as the SDK's own client goes. */
const discovery = [
  'POST /mcp 401',
  `GET ${metadataPath} 200`,
  'provider: GET /.well-known/oauth-authorization-server 200',
  'provider: POST /token 200',
  'POST /mcp 200',
]

describe('an MCP server and the client of the MCP SDK', () => {
  const trace = traceRequests()
  const events: AuditEvent[] = []
  let provider: OpenIdProvider
  let notes: NoteServer
  let ca: string
  before(async () => {
    const [certificate, providerCertificate] = await Promise.all(['Notes', 'Provider'].map(makeCertificate))
    assert.ok(certificate && providerCertificate)
    provider = await startOpenIdProvider(providerCertificate, (listener) => trace.watch(listener, 'provider'))
    const common = { ca: providerCertificate.certificatePem, onAuditEvent: (event: AuditEvent) => events.push(event) }
    ca = certificate.certificatePem
    notes = await startNotes({ certificate, providerCertificate, trace, common, openIdIssuer: provider.url })
  })
  beforeEach(() => {
    trace.lines.length = 0
    events.length = 0
  })
  after(() => Promise.all([notes.close(), provider.close()]))

  const run = (task: Partial<AssistantTask>, file?: string): Promise<AssistantResult> =>
    runAssistant(
      {
        ca: notes.callersCa,
        url: notes.resource,
        issuer: provider.url,
        tool: 'read_note',
        scope: 'notes.read',
        ...provider.assistants.withSecret,
        ...task,
      },
      file,
    )

  it('finds its way from a 401 to a tool, with a secret', async () => {
    const { tools, content } = await run({})
    assert.deepEqual(tools, ['read_note', 'write_note'])
    assert.equal(content?.[0]?.text, 'note 7, read by assistant')
    assert.deepEqual(trace.lines.slice(0, discovery.length), discovery)
    assert.equal(trace.lines.filter((line) => line === 'POST /mcp 401').length, 1)
    assert.equal(trace.lines.filter((line) => line.includes('POST /token')).length, 1)
  })

  it('finds it with a key of its own (private_key_jwt), and may use what its token has the scope for', async () => {
    const { clientId, privateKeyPem } = provider.assistants.withKey
    const { content } = await run({ clientId, privateKeyPem, tool: 'write_note', scope: 'notes.read notes.write' })
    assert.equal(content?.[0]?.text, 'note 7, written by keyed-assistant')
    assert.deepEqual(trace.lines.slice(0, discovery.length), discovery)
  })

  it('asks once more after a 403, for what it is configured to ask for, and gives up', async () => {
    const { failed, code } = await run({ tool: 'write_note' })
    assert.equal(code, 403)
    assert.match(failed ?? '', /403 after trying upscoping/)
    assert.equal(trace.lines.filter((line) => line.includes('POST /token')).length, 2)
    assert.equal(trace.lines.filter((line) => line === 'POST /mcp 403').length, 2)
    assert.deepEqual(
      events.filter(({ name }) => name === 'access.denied').map(({ code: why, missing }) => [why, missing]),
      Array(2).fill(['ERR_S2S_SCOPE_MISSING', ['notes.write']]),
    )
  })

  it('sends a user to ask for the scopes of the challenge: what is missing, and what would be lost', async () => {
    const accessToken = await provider.token(notes.resource, 'notes.read')
    const file = fileURLToPath(new URL('../support/interactive-client.ts', import.meta.url))
    const task = { tool: 'write_note', accessToken, clientId: 'billing' }
    const { asked, failed } = (await run(task, file)) as { asked?: string[]; failed?: string }
    assert.equal(failed, 'Unauthorized')
    const [address = '', ...others] = asked ?? []
    assert.deepEqual(others, [])
    const { origin, searchParams } = new URL(address)
    assert.equal(origin, provider.url)
    assert.equal(searchParams.get('scope'), 'notes.write notes.read')
    assert.equal(searchParams.get('resource'), notes.resource)
  })

  it('sends its secret to nobody but the authorization server that it knows', async () => {
    const { failed } = await run({ issuer: 'https://login.example.com' })
    assert.match(failed ?? '', /bound to authorization server https:\/\/login\.example\.com/)
    assert.equal(trace.lines.filter((line) => line.includes('/token')).length, 0)
  })

  const post = (token: string, body: string | object): request.Test =>
    request(notes.url)
      .post('/mcp')
      .ca(ca)
      .set({ authorization: `Bearer ${token}`, accept: 'application/json, text/event-stream' })
      .type('json')
      .send(body)
  const callOf = (name: unknown): object => ({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name, arguments: { note: '7' } },
  })

  it('refuses a tool to whoever lacks its scope, however the call is written', async () => {
    const token = await provider.token(notes.resource, 'notes.read')
    const twice = JSON.stringify(callOf('write_note')).replace('"name"', '"name":"read_note","name"')
    for (const body of [
      callOf('write_note'),
      twice,
      [callOf('read_note'), callOf('write_note')],
      [callOf('write_note')],
    ]) {
      const { status, text } = await post(token, body)
      assert.ok([400, 403].includes(status), text)
      assert.doesNotMatch(text, /written/)
    }
    // Types that look like JSON to one reader and not to another: what nobody has judged goes no further.
    for (const type of ['application/json-seq', 'text/plain;x=application/json', 'application/jsonp']) {
      const { status, text } = await post(token, JSON.stringify(callOf('write_note'))).type(type)
      assert.equal(status, 400, type)
      assert.doesNotMatch(text, /written/)
    }
    for (const name of ['WRITE_NOTE', 'write_note ', ['write_note'], '__proto__', { toString: 'write_note' }, null]) {
      const { status, text } = await post(token, callOf(name))
      assert.notEqual(status, 500)
      assert.doesNotMatch(text, /written/, JSON.stringify(name))
    }
    assert.match((await post(token, callOf('read_note')).expect(200)).text, /read by billing/)
  })

  it('reads no body of a caller that may not call at all', async () => {
    const token = await provider.token(notes.resource, 'documents.read')
    const { headers } = await post(token, '{ this is no JSON').expect(403)
    assert.match(String(headers['www-authenticate']), /scope="notes\.read", error="insufficient_scope"/)
    await request(notes.url).post('/mcp').ca(ca).type('json').send('{ this is no JSON').expect(401)
  })

  it('refuses a token that was made for another resource', async () => {
    const token = await provider.token('https://documents.example.com', 'notes.read')
    const { headers } = await post(token, callOf('read_note')).expect(401)
    assert.match(String(headers['www-authenticate']), /scope="notes\.read", error="invalid_token"/)
    assert.equal(events.at(-1)?.code, 'ERR_S2S_AUDIENCE_MISMATCH')
  })
})

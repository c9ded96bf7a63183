import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createS2STokenSource, type S2STokenOptions } from '../../lib/outgoing/s2s-token-source.ts'
import type { CallingServer, DescribedToken, TokenRequest, TokenSource } from '../../lib/outgoing/token-source.ts'
import { refusal } from '../support/refusal.ts'
import { makeSigningKey } from '../support/signing-keys.ts'
import {
  caller,
  challenge,
  makeCaller,
  sayWho,
  startRecordingServer,
  target,
  type RecordingServer,
} from '../support/target.ts'
import { readClaims } from '../support/tokens.ts'

const { server: callingServer, key, events } = await makeCaller()
const own = `${caller.clientId}@${caller.realm}`

describe('createS2STokenSource', () => {
  let server: RecordingServer
  /** What the target says of itself now. */
  let told = challenge
  /** Answers wait for this. */
  let gate = Promise.resolve()

  before(async () => {
    server = await startRecordingServer((response) => {
      void gate.then(() => {
        sayWho(response, told)
      })
    })
  })
  after(() => server.close())

  const sourceOf = (options: S2STokenOptions = {}, calling: CallingServer = callingServer): TokenSource =>
    createS2STokenSource({ ca: server.ca, ...options }, calling)
  const requestOf = (path = '/', more: Partial<TokenRequest> = {}): TokenRequest => ({
    target: new URL(server.url),
    url: new URL(path, server.url),
    ...more,
  })
  const audience = (clientId: string = target.clientId, realm: string = target.realm): string =>
    `${clientId}/localhost:${server.port}@${realm}`
  const askedNow = async (act: () => Promise<unknown>): Promise<readonly string[]> => {
    const count = server.requests.length
    await act()
    return server.requests.slice(count)
  }

  it('describes a token for the target, and makes it', async () => {
    const { key: kept, make } = await sourceOf().describe(requestOf())
    const names = { issuer: own, application: own, audience: audience(), realm: target.realm }
    assert.deepEqual(kept, { ...names, user: [], kind: 'app', keyId: key.kid })
    const { token } = await make()
    const { aud, iss, nameid } = readClaims(token)
    assert.deepEqual([aud, iss, nameid], [names.audience, own, own])
    assert.equal(events.at(-1)?.name, 'token.minted')
    assert.ok(!JSON.stringify(events).includes(token))
  })

  it('describes a token for a user by all identifiers', async () => {
    const user = { nameid: 'a', nii: 'b', upn: 'c', smtp: 'd', sip: 'e' }
    const described = await sourceOf().describe(requestOf('/', { user }))
    assert.deepEqual([described.key.user, described.key.kind], [['a', 'b', 'c', 'd', 'e'], 'user+app'])
    const { upn, actortoken } = readClaims((await described.make()).token)
    assert.equal(upn, 'c')
    assert.equal(readClaims(String(actortoken))['trustedfordelegation'], 'true')
  })

  it('makes nothing by describing', async () => {
    const count = events.length
    await sourceOf().describe(requestOf())
    assert.equal(events.length, count)
  })

  const paths: readonly (readonly [title: string, options: S2STokenOptions, called: string, asked: string])[] = [
    ['the path that is called, without its query', {}, '/reports/1?secret=1#part', 'GET /reports/1'],
    ['the path that is called, whatever it looks like', {}, '/.//evil.example/x', 'GET //evil.example/x'],
    ['the path that is configured', { discoveryPath: '/_vti_bin/client.svc' }, '/a?b', 'GET /_vti_bin/client.svc'],
    ['a configured path that looks like a host', { discoveryPath: '//evil.example/' }, '/a', 'GET //evil.example/'],
  ]
  for (const [title, options, called, asked] of paths) {
    it(`asks ${title}`, async () => {
      assert.deepEqual(await askedNow(() => sourceOf(options).describe(requestOf(called))), [asked])
    })
  }

  it('asks once for all who wait, and not again later', async () => {
    const source = sourceOf()
    const asked = await askedNow(async () => {
      await Promise.all(Array.from({ length: 50 }, (_, index) => source.describe(requestOf(`/${index}`))))
      await source.describe(requestOf('/later'))
    })
    assert.deepEqual(asked, ['GET /0'])
  })

  it('asks nobody when client id and realm are configured', async () => {
    const source = sourceOf({ targetClientId: 'a', targetRealm: 'b' })
    let described: DescribedToken | undefined
    assert.deepEqual(await askedNow(async () => (described = await source.describe(requestOf()))), [])
    assert.equal(described?.key.audience, audience('a', 'b'))
  })

  it('asks again after an attempt that failed', async () => {
    const source = sourceOf()
    told = 'NTLM'
    const failing = [source.describe(requestOf()), source.describe(requestOf())]
    for (const one of failing) await assert.rejects(one, refusal('ERR_S2S_TARGET_CHALLENGE'))
    told = challenge
    assert.equal((await source.describe(requestOf())).key.audience, audience())
  })

  it('is not stopped by the signal of the caller who came first', async () => {
    const source = sourceOf()
    let open = (): void => undefined
    gate = new Promise((resolve) => (open = resolve))
    const impatient = new AbortController()
    const first = source.describe(requestOf('/', { signal: impatient.signal }))
    const second = source.describe(requestOf())
    impatient.abort(new Error('enough'))
    await assert.rejects(first, { message: 'enough' })
    open()
    assert.equal((await second).key.audience, audience())
    await assert.rejects(source.describe(requestOf('/', { signal: AbortSignal.abort() })), { name: 'AbortError' })
  })

  it('has a deadline of its own for asking', async () => {
    let open = (): void => undefined
    gate = new Promise((resolve) => (open = resolve))
    await assert.rejects(sourceOf({ timeoutMilliseconds: 50 }).describe(requestOf()), refusal('ERR_S2S_TARGET_TIMEOUT'))
    open()
  })

  it('asks again when a token was refused, once for all tokens of one answer', async () => {
    const source = sourceOf()
    const old = [await source.describe(requestOf()), await source.describe(requestOf('/', { user: { upn: 'x' } }))]
    told = challenge.replace(target.realm, 'new-realm')
    const asked = await askedNow(async () => {
      for (const refused of old) {
        source.forget(refused)
        assert.equal((await source.describe(requestOf())).key.realm, 'new-realm')
      }
    })
    told = challenge
    assert.equal(asked.length, 1)
    assert.equal((await askedNow(() => (source.forget(), source.describe(requestOf())))).length, 1)
  })

  it('signs as the issuer that both sides know', async () => {
    const broker = { ...callingServer, issuerId: 'broker' }
    for (const [listed, issuer] of [
      [`broker@${caller.realm}`, `broker@${caller.realm}`],
      ['broker@*', `broker@${caller.realm}`],
      [own, own],
    ] as const) {
      told = `${challenge}, trusted_issuers="x@y,${listed}"`
      assert.equal((await sourceOf({}, broker).describe(requestOf())).key.issuer, issuer)
    }
    told = `${challenge}, trusted_issuers="x@y"`
    await assert.rejects(sourceOf().describe(requestOf()), refusal('ERR_S2S_TARGET_DOES_NOT_TRUST_US'))
    told = challenge
  })

  it('signs with the key of now', async () => {
    let current = key
    const source = sourceOf({}, { ...callingServer, currentKey: () => current })
    assert.equal((await source.describe(requestOf())).key.keyId, key.kid)
    current = await makeSigningKey({ commonName: 'Next' })
    assert.equal((await source.describe(requestOf())).key.keyId, current.kid)
  })

  it('makes tokens that live as long as configured', async () => {
    const { make } = await sourceOf({ lifetimeSeconds: 60 }).describe(requestOf())
    assert.equal((await make()).expiresAt, callingServer.clock() + 60)
  })

  it('makes access tokens of RFC 9068 without asking anybody', async () => {
    const source = sourceOf({ spelling: 'rfc9068', audience: 'https://reports', issuer: 'https://us' })
    let described: DescribedToken | undefined
    assert.deepEqual(await askedNow(async () => (described = await source.describe(requestOf()))), [])
    const { iss, aud, client_id: client } = readClaims((await described?.make())?.token ?? '')
    assert.deepEqual([iss, aud, client], ['https://us', 'https://reports', caller.clientId])
  })

  it('names the origin of the target in them, and our own name, when nothing else is configured', async () => {
    const { key: kept } = await sourceOf({ spelling: 'rfc9068' }, { ...callingServer, issuerId: 'broker' }).describe(
      requestOf(),
    )
    assert.deepEqual([kept.audience, kept.issuer], [server.url, `broker@${caller.realm}`])
    assert.equal((await sourceOf({ spelling: 'rfc9068' }).describe(requestOf())).key.issuer, own)
  })

  const impossible = [
    ['a user in them', { spelling: 'rfc9068' }, { user: { upn: 'x' } }],
    ['a subject token, which we have no use for', {}, { subjectToken: 'token' }],
  ] as const
  for (const [title, options, more] of impossible) {
    it(`refuses ${title}`, async () => {
      const asked = await askedNow(() =>
        assert.rejects(
          sourceOf(options).describe(requestOf('/', more)),
          refusal('ERR_S2S_OUTGOING_REQUEST_INVALID', /oauth/),
        ),
      )
      assert.deepEqual(asked, [])
    })
  }
})

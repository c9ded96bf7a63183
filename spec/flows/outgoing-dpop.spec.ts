import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader } from 'jose'
import request from 'supertest'
import type { OAuthTokenOptions } from '../../lib/outgoing/oauth-options.ts'
import type { S2SClient } from '../../lib/outgoing/s2s-client.ts'
import { startDPoPIssuer, startDPoPTarget, type DPoPIssuer, type DPoPTarget } from '../support/dpop-counterpart.ts'
import { makeKeyPair, privateKeyToPem } from '../support/key-pairs.ts'
import { makeOAuthCaller } from '../support/oauth-caller.ts'

const clock = (): number => Date.now() / 1000

describe('an outgoing client with DPoP, its token endpoint and its target', () => {
  let issuer: DPoPIssuer
  let target: DPoPTarget
  const clients: S2SClient[] = []

  before(async () => {
    issuer = await startDPoPIssuer()
    target = await startDPoPTarget(issuer)
  })
  afterEach(() => {
    for (const client of clients.splice(0)) client.close()
    issuer.nonces.rule = 'none'
    target.nonces.rule = 'none'
  })
  after(() => Promise.all([issuer.close(), target.close()]))

  const caller = makeOAuthCaller(clock)
  const clientWith = (dpop: OAuthTokenOptions['dpop'] | false = true): S2SClient => {
    const authentication = { type: 'client_secret_basic', secret: 'a-secret' } as const
    const oauth = {
      issuer: issuer.url,
      clientId: 'documents',
      authentication,
      ca: issuer.ca,
      ...(dpop === false ? {} : { dpop }),
    }
    const client = caller.clientFor(target, oauth)
    clients.push(client)
    return client
  }
  /** What happens at both servers while something is done. */
  const during = async (
    work: () => Promise<unknown>,
  ): Promise<{ requests: number; tokenRequests: number; refusals: readonly string[] }> => {
    const [requests, tokenRequests, refusals] = [
      target.requests.length,
      issuer.tokenRequests.length,
      target.refusals.length,
    ]
    await work()
    return {
      requests: target.requests.length - requests,
      tokenRequests: issuer.tokenRequests.length - tokenRequests,
      refusals: target.refusals.slice(refusals),
    }
  }
  const ok = async (call: Promise<Response>): Promise<void> => {
    const answer = await call
    assert.equal(answer.status, 200, target.refusals.at(-1))
  }

  it('proves possession of the key of its token with each request', async () => {
    const client = clientWith()
    const first = target.served.length
    await ok(client.fetch('/reports/1?secret=yes'))
    await ok(client.fetch('/reports', { method: 'POST', body: 'a report' }))
    const served = target.served.slice(first)
    assert.deepEqual(
      served.map(({ line, body, proof: { htm, htu } }) => [line, body, htm, htu]),
      [
        ['GET /reports/1?secret=yes', '', 'GET', `${target.url}/reports/1`],
        ['POST /reports', 'a report', 'POST', `${target.url}/reports`],
      ],
    )
    assert.equal(new Set(served.map(({ token }) => token)).size, 1, 'the token is kept')
    assert.equal(new Set(served.map(({ proof }) => proof.jti)).size, 2, 'a proof is not')
  })

  for (const [name, dpop] of [
    ['a given key', { privateKey: privateKeyToPem(makeKeyPair('ec256').privateKey) }],
    ['another curve', { algorithm: 'ES384' }],
    ['Ed25519', { algorithm: 'Ed25519' }],
    ['RSA', { privateKey: makeKeyPair('rsa2048').privateKey, algorithm: 'PS256' }],
  ] as const) {
    it(`signs its proofs with ${name}`, async () => {
      await ok(clientWith(dpop).fetch('/'))
      const header = decodeProtectedHeader(String(issuer.tokenRequests.at(-1)?.headers['dpop']))
      const { cnf } = decodeJwt(target.served.at(-1)?.token ?? '')
      assert.equal((cnf as { jkt: string }).jkt, await calculateJwkThumbprint(header.jwk as object))
      if ('algorithm' in dpop) assert.equal(header.alg, dpop.algorithm)
    })
  }

  it('has a key of its own for each client, and one for all tokens of a given key', async () => {
    const { privateKey } = makeKeyPair('ec256')
    const jkts: string[] = []
    for (const dpop of [true, true, { privateKey }, { privateKey }] as const) {
      await ok(clientWith(dpop).fetch('/'))
      jkts.push((decodeJwt(target.served.at(-1)?.token ?? '')['cnf'] as { jkt: string }).jkt)
    }
    assert.equal(new Set(jkts).size, 3)
    assert.equal(jkts[2], jkts[3])
  })

  it('brings the nonce that the issuer asks for, and keeps to it', async () => {
    issuer.nonces.rule = 'current'
    assert.deepEqual(await during(() => ok(clientWith().fetch('/'))), { requests: 1, tokenRequests: 2, refusals: [] })
    const client = clientWith()
    await ok(client.fetch('/'))
    target.unwilling = 1
    const again = await during(() => ok(client.fetch('/')))
    assert.deepEqual(again, { requests: 2, tokenRequests: 1, refusals: ['invalid_token'] })
  })

  it('brings the nonce that the target asks for with the same token, and with all that follow', async () => {
    target.nonces.rule = 'current'
    const client = clientWith()
    const body = 'a report that is sent twice'
    const first = await during(() => ok(client.fetch('/reports', { method: 'POST', body })))
    assert.deepEqual(first, { requests: 2, tokenRequests: 1, refusals: ['use_dpop_nonce'] })
    assert.equal(target.served.at(-1)?.body, body)
    const next = await during(() => ok(client.fetch('/')))
    assert.deepEqual(next, { requests: 1, tokenRequests: 0, refusals: [] })
    target.nonces.turn()
    const turned = await during(() => ok(client.fetch('/')))
    assert.deepEqual(turned, { requests: 2, tokenRequests: 0, refusals: ['use_dpop_nonce'] })
  })

  it('learns the next nonce from an answer that is none of a refusal', async () => {
    target.nonces.rule = 'once'
    const client = clientWith()
    await ok(client.fetch('/'))
    for (let count = 0; count < 3; count += 1) {
      assert.deepEqual(await during(() => ok(client.fetch('/'))), { requests: 1, tokenRequests: 0, refusals: [] })
    }
  })

  it('repeats each of many calls with the nonce of its own answer, where each counts once', async () => {
    target.nonces.rule = 'once'
    const client = clientWith()
    const seen = await during(() => Promise.all(Array.from({ length: 40 }, () => ok(client.fetch('/')))))
    assert.deepEqual([seen.tokenRequests, new Set(seen.refusals)], [1, new Set(['use_dpop_nonce'])])
  })

  it('gets another token when its token is refused, and a nonce for that one too', async () => {
    target.nonces.rule = 'current'
    const client = clientWith()
    await ok(client.fetch('/'))
    target.unwilling = 1
    target.nonces.turn()
    const seen = await during(() => ok(client.fetch('/', { method: 'PUT', body: 'again' })))
    assert.deepEqual(seen, { requests: 3, tokenRequests: 1, refusals: ['use_dpop_nonce', 'invalid_token'] })
    assert.equal(target.served.at(-1)?.body, 'again')
  })

  it('makes a proof for each step of a redirect within the target', async () => {
    target.redirects.set('/old', '/new?a=1')
    const first = target.served.length
    await ok(clientWith().fetch('/old'))
    assert.deepEqual(
      target.served.slice(first).map(({ proof }) => proof['htu']),
      [`${target.url}/old`, `${target.url}/new`],
    )
  })

  it('is refused without DPoP by both: neither is a friend of Bearer tokens', async () => {
    await assert.rejects(clientWith(false).fetch('/'), {
      code: 'ERR_S2S_TOKEN_REQUEST_REFUSED',
      reason: /\(invalid_dpop_proof: /,
    })
    await ok(clientWith().fetch('/'))
    const { token } = target.served.at(-1) ?? assert.fail()
    await request(target.url).get('/').ca(target.ca).set('authorization', `Bearer ${token}`).expect(401)
    assert.match(target.refusals.at(-1) ?? '', /Authorization HTTP Header scheme is not DPoP|DPoP/)
  })

  it('says in its audit log that it got a token, and never the token nor the proof', async () => {
    await ok(clientWith().fetch('/'))
    const { token } = target.served.at(-1) ?? assert.fail()
    const { name, application, resource, boundTo } = caller.events.at(-1) ?? assert.fail()
    assert.deepEqual([name, application?.id, resource, boundTo], ['token.obtained', 'documents', target.url, 'dpop'])
    const told = JSON.stringify(caller.events)
    assert.ok(!told.includes(token) && !told.includes('dpop+jwt'))
  })
})

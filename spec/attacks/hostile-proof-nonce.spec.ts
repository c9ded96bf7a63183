import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { decodeJwt, type JWTPayload } from 'jose'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import type { OAuthTokenOptions } from '../../lib/outgoing/oauth-options.ts'
import type { S2SClient } from '../../lib/outgoing/s2s-client.ts'
import { fixedClock } from '../support/clock.ts'
import { assertCallFails, makeOAuthCaller, type OAuthCaller } from '../support/oauth-caller.ts'
import { sendJson, startScriptedIssuer, type ScriptedIssuer } from '../support/scripted-issuer.ts'
import { startRecordingServer, type Answer, type ReceivedRequest, type RecordingServer } from '../support/target.ts'

const stolen = 'a-token-that-nobody-may-see'

/** Answers 401 with a nonce that is wanted in the proof. */
function wantNonce(response: ServerResponse, nonce: string | readonly string[]): void {
  response.setHeader('dpop-nonce', typeof nonce === 'string' ? nonce : [...nonce])
  response.writeHead(401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"' }).end()
}

function proofOf({ headers }: Pick<ReceivedRequest, 'headers'>): JWTPayload {
  return decodeJwt(String(headers['dpop']))
}

describe('a hostile target of a client with DPoP', () => {
  let issuer: ScriptedIssuer
  let target: RecordingServer
  let wrong: RecordingServer
  let answer: Answer
  let client: S2SClient
  let caller: OAuthCaller

  before(async () => {
    issuer = await startScriptedIssuer()
    target = await startRecordingServer((response, received) => {
      answer(response, received)
    })
    wrong = await startRecordingServer((response) => response.end('stolen'))
  })
  beforeEach(() => {
    issuer.token = (response) => {
      const access_token = `token-${issuer.tokenRequests.length}`
      sendJson(response, 200, { access_token, token_type: 'DPoP', expires_in: 600 })
    }
    caller = makeOAuthCaller(fixedClock)
    client = caller.clientFor(target, optionsFor())
  })
  afterEach(() => {
    client.close()
    assert.deepEqual(wrong.received, [], 'something arrived at a wrong origin')
  })
  after(() => Promise.all([issuer.close(), target.close(), wrong.close()]))

  const optionsFor = (changes: Partial<OAuthTokenOptions> = {}): OAuthTokenOptions => ({
    issuer: issuer.url,
    clientId: 'documents',
    authentication: { type: 'client_secret_post', secret: 'a-secret-of-this-run' },
    dpop: true,
    ca: issuer.ca,
    ...changes,
  })
  /** What arrived at the target and at the token endpoint because of one call. */
  const call = async (
    init: RequestInit = {},
  ): Promise<{ status: number; arrived: readonly ReceivedRequest[]; tokenRequests: number; event?: AuditEvent }> => {
    const [first, tokens] = [target.received.length, issuer.tokenRequests.length]
    const { status } = await client.fetch('/reports/1', init)
    const event = caller.events.at(-1)
    const seen = { status, arrived: target.received.slice(first), tokenRequests: issuer.tokenRequests.length - tokens }
    return event === undefined ? seen : { ...seen, event }
  }

  it('that always wants another nonce is asked twice, and no token is wasted on it', async () => {
    let count = 0
    answer = (response) => {
      count += 1
      wantNonce(response, `nonce-${count}`)
    }
    const { status, arrived, tokenRequests, event } = await call()
    assert.deepEqual([status, arrived.length, tokenRequests], [401, 2, 1])
    assert.deepEqual([event?.name, event?.outcome], ['call.failed', 'refused'])
    assert.match(event?.reason ?? '', /a proof with the nonce that it had just asked for$/)
    assert.deepEqual(
      arrived.map((one) => proofOf(one)['nonce']),
      [undefined, 'nonce-1'],
    )
  })

  it('that refuses token and nonce in turn is asked four times at most', async () => {
    let count = 0
    answer = (response) => {
      count += 1
      if (count % 2 === 1) wantNonce(response, `nonce-${count}`)
      else response.writeHead(401, { 'www-authenticate': 'DPoP error="invalid_token"' }).end()
    }
    const { status, arrived, tokenRequests } = await call()
    assert.deepEqual([status, arrived.length, tokenRequests], [401, 4, 2])
  })

  it('that refuses everything is asked twice, as without DPoP', async () => {
    answer = (response) => response.writeHead(401).end()
    const { status, arrived, tokenRequests } = await call({ method: 'POST', body: 'a body' })
    assert.deepEqual([status, arrived.length, tokenRequests], [401, 2, 2])
    assert.deepEqual(new Set(arrived.map(({ body }) => body)), new Set(['a body']))
    assert.equal(new Set(arrived.map((one) => proofOf(one).jti)).size, 2)
  })

  const nonces: readonly (readonly [name: string, nonce: string | readonly string[]])[] = [
    ['with a quote', 'a"b'],
    ['with a backslash', 'a\\b'],
    ['with spaces', 'a b'],
    ['that is empty', ''],
    ['that is longer than a request may be', 'n'.repeat(10_000)],
    ['in two headers', ['nonce-1', 'nonce-2']],
    ['beyond ASCII', 'n\xf6nce'],
  ]
  for (const [name, nonce] of nonces) {
    it(`gets no proof with a nonce ${name}`, async () => {
      answer = (response) => {
        wantNonce(response, nonce)
      }
      const { status, arrived } = await call()
      assert.deepEqual([status, arrived.length], [401, 1])
      answer = (response) => response.end('fine')
      const next = await call()
      assert.deepEqual([next.status, next.arrived.length], [200, 1])
      assert.ok(!('nonce' in proofOf(next.arrived[0] ?? assert.fail())))
    })
  }

  it('cannot fill the memory with nonces: only the last one is kept', async () => {
    let count = 0
    answer = (response) => {
      count += 1
      response.setHeader('dpop-nonce', `nonce-${count}`).end('fine')
    }
    const sent: unknown[] = []
    for (let calls = 0; calls < 20; calls += 1) {
      const { arrived } = await call()
      sent.push(...arrived.map((one) => proofOf(one)['nonce']))
    }
    assert.deepEqual(sent, [undefined, ...Array.from({ length: 19 }, (_, index) => `nonce-${index + 1}`)])
  })

  for (const [name, status, location] of [
    ['a redirect to another origin', 302, () => `${wrong.url}/`],
    ['a redirect to another origin, with a nonce of that one', 307, () => `${wrong.url}/token`],
  ] as const) {
    it(`gets no proof for a wrong origin by ${name}`, async () => {
      answer = (response) => {
        response.setHeader('dpop-nonce', 'a-nonce').writeHead(status, { location: location() }).end()
      }
      const first = target.received.length
      await assert.rejects(client.fetch('/reports/1'), { code: 'ERR_S2S_TARGET_REDIRECT' })
      const addresses = target.received.slice(first).map((one) => proofOf(one)['htu'])
      assert.deepEqual(addresses, [`${target.url}/reports/1`])
    })
  }

  for (const address of ['//victim.example/a', 'https://victim.example/a', '/\\victim.example/a']) {
    it(`whoever chooses the path chooses no origin for a proof: ${address}`, async () => {
      const [requests, tokens] = [target.received.length, issuer.tokenRequests.length]
      await assert.rejects(client.fetch(address), { code: 'ERR_S2S_OUTGOING_REQUEST_INVALID' })
      assert.deepEqual([target.received.length, issuer.tokenRequests.length], [requests, tokens])
    })
  }

  for (const header of ['DPoP', 'dpop', 'Authorization']) {
    it(`gets no proof that the caller brings in ${header}`, async () => {
      const requests = target.received.length
      const init = { headers: { [header]: 'a proof' } }
      await assert.rejects(client.fetch('/', init), { code: 'ERR_S2S_OUTGOING_REQUEST_INVALID' })
      assert.equal(target.received.length, requests)
    })
  }

  it('gets the nonces of the issuer no more than the issuer gets its own', async () => {
    issuer.token = (response) => {
      response.setHeader('dpop-nonce', 'of-the-issuer')
      sendJson(response, 200, { access_token: 'a', token_type: 'DPoP' })
    }
    answer = (response) => {
      wantNonce(response, 'of-the-target')
    }
    await call()
    answer = (response) => response.writeHead(401).end()
    const { arrived } = await call()
    const told = arrived.map((one) => proofOf(one)['nonce'])
    assert.deepEqual(new Set(told), new Set(['of-the-target']))
    const asked = issuer.tokenRequests.map(({ headers }) => decodeJwt(String(headers['dpop']))['nonce'])
    assert.ok(!asked.includes('of-the-target'))
  })

  describe('and a hostile token endpoint', () => {
    const failing = async (reason: RegExp, tokenRequests: number): Promise<void> => {
      const [arrived, asked] = [target.received.length, issuer.tokenRequests.length]
      const code = 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE'
      await assertCallFails(client.fetch('/'), { code, side: 'issuer', reason, secrets: [stolen] })
      assert.equal(target.received.length, arrived, 'the target was called')
      assert.equal(issuer.tokenRequests.length - asked, tokenRequests)
    }

    it('that always wants another nonce is asked twice', async () => {
      let count = 0
      issuer.token = (response) => {
        count += 1
        response.setHeader('dpop-nonce', `nonce-${count}`)
        sendJson(response, 400, { error: 'use_dpop_nonce' })
      }
      await failing(/asks for a nonce again and again$/, 2)
    })

    for (const [name, nonce] of nonces) {
      it(`gets no proof with a nonce ${name}`, async () => {
        issuer.token = (response) => {
          response.setHeader('dpop-nonce', nonce)
          sendJson(response, 400, { error: 'use_dpop_nonce' })
        }
        await failing(/asks for a nonce again and again$/, 2)
        const proofs = issuer.tokenRequests.slice(-2).map(({ headers }) => decodeJwt(String(headers['dpop'])))
        assert.ok(proofs.every((proof) => !('nonce' in proof)))
      })
    }

    for (const [name, token, reason] of [
      ['a Bearer token', { token_type: 'Bearer' }, /is not bound to the key of oauth\.dpop; /],
      ['a token of another type', { token_type: 'PoP' }, /no usable DPoP token$/],
      ['a token that is no header value', { access_token: `${stolen}\r\nx-admin: 1` }, /no usable DPoP token$/],
    ] as const) {
      it(`gets us to send no ${name.slice(2)} in place of a bound one`, async () => {
        issuer.token = { access_token: stolen, token_type: 'DPoP', expires_in: 600, ...token }
        await failing(reason, 1)
      })
    }
  })
})

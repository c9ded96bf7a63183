import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { createAuditLog } from '../../lib/audit/audit-log.ts'
import {
  createGuardContext,
  createServerChallenges,
  createStandaloneContext,
  createStandaloneOwner,
  type ContextParts,
  type GuardContext,
  type StandaloneGuardOptions,
} from '../../lib/express/guard-context.ts'
import { createChallenges } from '../../lib/express/www-authenticate.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'
import { self } from '../support/world.ts'

const events: AuditEvent[] = []
const parts: ContextParts = {
  audit: createAuditLog({ clock: fixedClock, onAuditEvent: (event) => events.push(event) }),
  challenges: createChallenges(),
  userRights: undefined,
}

/** The HSTS header that a context writes on a response which has these headers already. */
function hstsOf(context: GuardContext, headers: Record<string, string> = {}): string | undefined {
  const response = {
    hasHeader: (name: string) => name in headers,
    setHeader: (name: string, value: string) => {
      headers[name] = value
    },
  }
  context.applyHsts({} as unknown as IncomingMessage, response as unknown as ServerResponse)
  return headers['Strict-Transport-Security']
}

describe('createGuardContext', () => {
  it('completes the defaults', () => {
    const { applyHsts, shadowCounts, ...context } = createGuardContext({}, parts)
    assert.deepEqual(shadowCounts.report(), { refusals: [], others: 0 })
    assert.equal(typeof applyHsts, 'function')
    assert.deepEqual(context, {
      ...parts,
      acceptsDpop: false,
      allowsPlainHttp: false,
      correlationIdHeader: undefined,
      problemDetails: false,
    })
  })

  it('takes what is given', () => {
    const context = createGuardContext({ problemDetails: true, correlationIdHeader: 'X-Request-Id' }, parts)
    assert.equal(context.problemDetails, true)
    assert.equal(context.correlationIdHeader, 'x-request-id')
  })

  for (const { name, hsts, expected } of [
    { name: 'one year, this host only, by default', hsts: undefined, expected: 'max-age=31536000' },
    { name: 'the age that is given', hsts: { maxAgeSeconds: 60 }, expected: 'max-age=60' },
    { name: 'sub-domains', hsts: { includeSubDomains: true }, expected: 'max-age=31536000; includeSubDomains' },
    { name: 'nothing when switched off', hsts: false, expected: undefined },
  ] as const) {
    it(`writes as HSTS ${name}`, () => {
      assert.equal(hstsOf(createGuardContext(hsts === undefined ? {} : { hsts }, parts)), expected)
    })
  }

  it("leaves the application's own HSTS alone", () => {
    const headers = { 'Strict-Transport-Security': 'max-age=5' }
    assert.equal(hstsOf(createGuardContext({}, parts), headers), 'max-age=5')
  })

  it('warns the process and the audit log of plain http', async () => {
    const warned = once(process, 'warning') as Promise<[Error & { code?: string }]>
    assert.equal(createGuardContext({ dangerouslyAllowPlainHttp: true }, parts).allowsPlainHttp, true)
    assert.equal((await warned)[0].code, 'S2S_PLAIN_HTTP')
    assert.deepEqual(events.splice(0), [{ name: 'plain-http.allowed', outcome: 'notice', time: NOW }])
  })
})

describe('createStandaloneContext', () => {
  it('takes nothing', () => {
    const context = createStandaloneContext({})
    assert.equal(context.challenges.bare, 'Bearer realm="s2s"')
    assert.equal(context.userRights, undefined)
    assert.equal(context.audit.isListening(), false)
  })

  it('takes a realm, a listener and the rights of users', () => {
    const userRights = (): readonly string[] => []
    const context = createStandaloneContext({ realm: 'r', onAuditEvent: () => undefined, userRights })
    assert.equal(context.challenges.bare, 'Bearer realm="r"')
    assert.equal(context.audit.isListening(), true)
    assert.equal(context.userRights, userRights)
  })

  for (const { options, code, message } of [
    { options: { realm: '' }, code: 'ERR_S2S_OPTION_INVALID', message: /^options\.realm must not be empty$/ },
    { options: { realm: 'a,b' }, code: 'ERR_S2S_OPTION_INVALID', message: /^realm cannot be written into a challenge/ },
    { options: { hsts: true }, code: 'ERR_S2S_OPTION_INVALID', message: /^options\.hsts must be false or an object/ },
    {
      options: { hsts: { maxAgeSeconds: -1 } },
      code: 'ERR_S2S_OPTION_INVALID',
      message: /maxAgeSeconds must be at lea/,
    },
    {
      options: { hsts: { includeSubdomains: true } },
      code: 'ERR_S2S_OPTION_UNKNOWN',
      message: /^options\.hsts\.includeSubdomains is unknown; did you mean `includeSubDomains`\?$/,
    },
    {
      options: { problemDetails: 1 },
      code: 'ERR_S2S_OPTION_INVALID',
      message: /^options\.problemDetails must be a bool/,
    },
    { options: { correlationIdHeader: 'a b' }, code: 'ERR_S2S_OPTION_INVALID', message: /must be a header name$/ },
    { options: { dangerouslyAllowPlainHttp: 'yes' }, code: 'ERR_S2S_OPTION_INVALID', message: /must be a boolean/ },
    { options: { onAuditEvent: 'log' }, code: 'ERR_S2S_OPTION_INVALID', message: /must be a function$/ },
    { options: { userRights: 'checked' }, code: 'ERR_S2S_OPTION_INVALID', message: /^options\.userRights must be/ },
    { options: { userRights: true }, code: 'ERR_S2S_OPTION_INVALID', message: /^options\.userRights must be/ },
    {
      options: { allowPlainHttp: true },
      code: 'ERR_S2S_OPTION_UNKNOWN',
      message: /^options\.allowPlainHttp is unknown/,
    },
    { options: { audience: 'a' }, code: 'ERR_S2S_OPTION_UNKNOWN', message: /^options\.audience is unknown/ },
  ] as const) {
    it(`refuses ${JSON.stringify(options)} and says the fix`, () => {
      assert.throws(() => createStandaloneContext(options as StandaloneGuardOptions), refusal(code, message))
    })
  }
})

describe('createStandaloneOwner', () => {
  const server = createGuardContext(
    { problemDetails: true, correlationIdHeader: 'x-server' },
    { ...parts, userRights: 'checked-by-handler' },
  )
  const userRights = (): readonly string[] => []

  it("judges as the caller's server does where nothing is given", () => {
    for (const options of [{}, { userRights: undefined, realm: undefined } as unknown as StandaloneGuardOptions]) {
      assert.deepEqual(createStandaloneOwner(options).adopt?.(server), server)
    }
  })

  for (const [part, options] of Object.entries({
    challenges: { realm: 'r' },
    applyHsts: { hsts: false },
    allowsPlainHttp: { dangerouslyAllowPlainHttp: false },
    problemDetails: { problemDetails: false },
    correlationIdHeader: { correlationIdHeader: 'x-own' },
    userRights: { userRights },
    audit: { onAuditEvent: () => undefined },
  } satisfies Partial<Record<keyof GuardContext, StandaloneGuardOptions>>)) {
    it(`lets ${Object.keys(options).join()} win over the server's`, () => {
      const owner = createStandaloneOwner(options)
      assert.deepEqual(owner.adopt?.(server), { ...server, [part]: owner.contextOf({})[part as keyof GuardContext] })
    })
  }
})

describe('createServerChallenges', () => {
  const issuers = (): { name: string; issuerNames: string[] }[] => [
    { name: 'farm', issuerNames: ['a@one', 'a@two'] },
    { name: 'login', issuerNames: ['https://login.example.com'] },
    { name: 'unnamed', issuerNames: [] },
  ]
  const realmOf = (options: object): string => createServerChallenges({ trustedIssuers: [], ...options }, issuers).bare

  for (const { name, options, realm } of [
    { name: 'the one that is given', options: { realm: 'r', self, audience: 'https://a' }, realm: 'r' },
    { name: "self's", options: { self, audience: 'https://a' }, realm: self.realm },
    { name: 'the audience', options: { audience: 'https://a' }, realm: 'https://a' },
    { name: 'the first audience', options: { audience: ['https://a', 'b'] }, realm: 'https://a' },
    { name: 's2s instead of an audience with a comma', options: { audience: 'a,b' }, realm: 's2s' },
    { name: 's2s instead of an audience with an equals sign', options: { audience: 'https://a?b=c' }, realm: 's2s' },
    { name: 's2s instead of an audience with a quote', options: { audience: 'a"b' }, realm: 's2s' },
    { name: 's2s without any', options: {}, realm: 's2s' },
  ]) {
    it(`takes as realm ${name}`, () => {
      assert.equal(realmOf(options), `Bearer realm="${realm}"`)
    })
  }

  for (const { advertise, trusted } of [
    { advertise: undefined, trusted: '' },
    { advertise: false, trusted: '' },
    { advertise: true, trusted: ', trusted_issuers="a@one,a@two,https://login.example.com"' },
    { advertise: ['farm', 'nobody'], trusted: ', trusted_issuers="a@one,a@two"' },
    { advertise: [], trusted: '' },
  ]) {
    it(`advertises ${JSON.stringify(advertise)} in the discovery challenge only`, () => {
      const options = { trustedIssuers: [], self: { ...self, ...(advertise === undefined ? {} : { advertise }) } }
      const challenges = createServerChallenges(options, issuers)
      assert.equal(challenges.discovery(), `Bearer realm="${self.realm}", client_id="${self.clientId}"${trusted}`)
      assert.equal(challenges.bare, `Bearer realm="${self.realm}"`)
    })
  }

  it('tells nothing in the discovery challenge of a server without self', () => {
    assert.equal(createServerChallenges({ trustedIssuers: [] }, issuers).discovery(), 'Bearer realm="s2s"')
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { checkTrust } from '../../../lib/doctor/trust/check-trust.ts'
import type { Finding } from '../../../lib/doctor/finding.ts'
import type { IntrospectionIssuerOptions } from '../../../lib/trust/introspection/introspection-options.ts'
import { fixedClock } from '../../support/clock.ts'
import { answers } from '../../support/faults.ts'
import { startIntrospectionServer, type IntrospectionServer } from '../../support/introspection-server.ts'
import { oauthAudience } from '../../support/world.ts'

describe('the check of an issuer that is asked', () => {
  let server: IntrospectionServer
  before(async () => {
    server = await startIntrospectionServer(fixedClock)
  })
  after(() => server.close())

  async function check(changes: Partial<IntrospectionIssuerOptions> = {}): Promise<Finding> {
    const findings = await checkTrust({
      ...{ audience: oauthAudience, clock: fixedClock },
      trustedIssuers: [server.trust(changes)],
    })
    assert.equal(findings.length, 1)
    return findings[0] ?? assert.fail()
  }

  it('asks it about a random token, with the prefix of its tokens', async () => {
    const { severity, kind, issuer } = await check({ tokenPrefix: 'ory_at_' })
    assert.deepEqual([severity, kind, issuer], ['ok', 'introspection', 'asked'])
    assert.match(server.questions.at(-1)?.form['token'] ?? '', /^ory_at_[\w-]{43}$/)
  })

  it('finds wrong credentials, an endpoint that is none, and one that cannot be reached', async () => {
    const refused = await check({ clientId: 'somebody' })
    assert.deepEqual([refused.severity, refused.kind], ['error', 'introspection-refused'])
    assert.match(refused.fix, /^Check clientId and authentication/)
    assert.equal((await check({ introspectionEndpoint: `${server.issuer}/nowhere` })).kind, 'introspection-unreachable')
    assert.equal((await check({ issuer: `${server.issuer}/other` })).kind, 'introspection-unreachable')
  })

  it('finds an issuer that believes anything', async () => {
    server.fault = answers(200, server.answer(), { 'content-type': 'application/json' })
    const { severity, kind } = await check()
    assert.deepEqual([severity, kind], ['error', 'introspection-believes-anything'])
    server.fault = undefined
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorCodes } from '../../lib/foundation/error-codes.ts'
import { createTestIssuer, type TestIssuer } from '../../lib/testing/create-test-issuer.ts'
import { forgedTokens } from '../../lib/testing/forged-tokens.ts'
import { createTestClock } from '../../lib/testing/test-clock.ts'
import { makeCertificate } from '../support/certificates.ts'

const clock = createTestClock()
const certificate = await makeCertificate({ commonName: 'x' })
const issuers: Readonly<Record<string, TestIssuer>> = {
  oauth: await createTestIssuer({
    type: 'openid',
    name: 'login',
    issuer: 'https://login.test:8443',
    audience: 'https://reports.example.com',
    clock,
  }),
  'oauth with names that are no addresses': await createTestIssuer({
    type: 'static',
    issuer: 'urn:login',
    audience: '42',
    clock,
  }),
  s2s: await createTestIssuer({ type: 's2s-certificate', audience: 'us/host:8443@realm', certificate, clock }),
  'a broker in a realm of digits': await createTestIssuer({
    type: 's2s-metadata',
    name: 'farm',
    audience: 'us/host@1',
    realm: '2',
    issuerId: 'sts',
    certificate,
    trust: { acceptsUserTokens: true },
  }),
}

for (const [name, issuer] of Object.entries(issuers)) {
  describe(`the attacks on ${name}`, async () => {
    const attacks = await forgedTokens({ issuer, scopes: ['a'] })

    it('are some hundreds, each with a name of its own', () => {
      assert.ok(attacks.length > 500, String(attacks.length))
      assert.equal(new Set(attacks.map((attack) => attack.name)).size, attacks.length)
    })

    it('say why, how they must be refused, and can be sent as they are', () => {
      for (const { name: title, family, reason, expected, headers, token } of attacks) {
        assert.ok(title.startsWith(`${family}: `))
        assert.ok(reason.length > 20)
        assert.deepEqual([expected.status, expected.codes.length], [401, 1], title)
        for (const code of expected.codes) assert.equal(errorCodes[code].kind, 'token', title)
        assert.equal(headers['authorization'], `Bearer ${token}`)
        for (const value of Object.values(headers)) assert.match(value, /^[\x20-\x7e]+$/, title)
      }
    })

    it('have rows of the names that object literals swallow', () => {
      assert.ok(attacks.filter((attack) => attack.name.includes('__proto__')).length > 5)
    })
  })
}

it('attacks are those of the families that were asked for', async () => {
  const { oauth, s2s } = issuers
  assert.ok(oauth !== undefined && s2s !== undefined)
  const some = await forgedTokens({ issuer: oauth, families: ['token-type', 'unsigned-token'] })
  assert.deepEqual([...new Set(some.map(({ family }) => family))], ['unsigned-token', 'token-type'])
  const advisories = new Set(
    [...(await forgedTokens({ issuer: oauth })), ...(await forgedTokens({ issuer: s2s }))].map(({ cve }) => cve),
  )
  for (const cve of ['CVE-2015-9235', 'CVE-2016-10555', 'CVE-2018-0114', 'CVE-2022-21449', 'CVE-2023-29357']) {
    assert.ok(advisories.has(cve), cve)
  }
  for (const cve of ['CVE-2025-30144', 'CVE-2025-55241', 'CVE-2026-29000', 'CVE-2026-35042', 'CVE-2026-55040']) {
    assert.ok(advisories.has(cve), cve)
  }
  await assert.rejects(forgedTokens({ issuer: s2s, families: ['malformed-json'] }), { code: 'ERR_S2S_OPTION_INVALID' })
})

it('limits of the application move the attacks that go to them', async () => {
  const { oauth } = issuers
  assert.ok(oauth !== undefined)
  const options = { issuer: oauth, families: ['token-lifetime'], clockToleranceSeconds: 5, maximumLifetimeSeconds: 60 }
  const attack = (await forgedTokens(options)).find(({ name }) => name.endsWith('exp a day and a second ahead'))
  const claims = Buffer.from(attack?.token.split('.')[1] ?? '', 'base64url').toString()
  assert.equal((JSON.parse(claims) as { exp: number }).exp, clock() + 61)
})

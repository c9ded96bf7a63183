import assert from 'node:assert/strict'
import { createServer, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import express from 'express'
import { createS2S } from 'passport-s2s'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { makeLocalhostTls } from '../support/certificates.ts'
import { forms, guardOf } from '../support/guarded-app.ts'
import { forgedJwt, readClaims } from '../support/tokens.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const resources = { 'GET /reports/:id': 'reports.read' } as const
const app = { s2s: options, resources } as const
const claims = readClaims(await oauth.token({ claims: { scope: 'reports.read' } }))
const limit = 12_288

const tooLarge = { status: 401, code: 'ERR_S2S_TOKEN_TOO_LARGE' } as const
const malformed = { status: 401, code: 'ERR_S2S_TOKEN_MALFORMED' } as const

/** A good token, signed by the issuer, that is exactly so long. */
function tokenOfLength(length: number): string {
  for (let size = Math.floor((length - 800) * 0.75); ; size += 1) {
    for (const kid of ['RS256-0', undefined]) {
      const header = { alg: 'RS256', kid, typ: 'at+jwt' }
      const key = oauth.keyPair('RS256').privateKey
      const token = sizeOnly(header, { ...claims, pad: 'x'.repeat(size) })
      if (token === length) {
        return forgedJwt({ header, claims: { ...claims, pad: 'x'.repeat(size) }, algorithm: 'RS256', key })
      }
      if (token > length + 8) throw new Error('no token is exactly so long')
    }
  }
}

/** The length of a token with a signature of 256 bytes. */
function sizeOnly(header: object, payload: object): number {
  const [first, second] = [header, payload].map((part) => Math.ceil((JSON.stringify(part).length * 4) / 3))
  return (first ?? 0) + (second ?? 0) + 342 + 2
}

describeAccepted('a token of the largest size', app, [{ name: '12,288 characters', token: tokenOfLength(limit) }])

describeAttack('a token that is too large', app, [
  { name: 'row 9: a good one of 12,290 characters', token: tokenOfLength(limit + 2), ...tooLarge },
  { name: 'row 9: a good one of 14,000 characters', token: tokenOfLength(14_000), ...tooLarge },
  { name: 'row 9: 12,289 letters', token: 'A'.repeat(12_289), ...tooLarge },
  { name: 'row 9: 12,289 dots', token: '.'.repeat(12_289), ...tooLarge },
  {
    name: 'row 9: 15,000 characters in three segments',
    token: `${'e'.repeat(5_000)}.${'e'.repeat(5_000)}.${'e'.repeat(4_998)}`,
    ...tooLarge,
  },
  { name: 'row 9: a payload of nothing but brackets', token: `e30.${'W1tb'.repeat(3_600)}.AAAA`, ...tooLarge },
  {
    name: 'row 9: an outer token of 13,000 characters',
    token: await farm.userToken({ ...dana, pad: 'x'.repeat(8_300) }),
    ...tooLarge,
  },
  ...(await Promise.all(
    ['A'.repeat(8_000), '.'.repeat(8_000)].map(async (text): Promise<AttackCase> => {
      const token = await farm.userToken({ ...dana }, text)
      return { name: `row 9: 8,000 times ${text.charAt(0)} as actor token`, token, ...malformed }
    }),
  )),
])

/** Node stops at 16 kB of headers; an application may raise that, and ours must not depend on it. */
for (const form of forms) {
  describe(`a server that takes headers of a megabyte (${form})`, () => {
    const s2s = createS2S(options)
    let calls = 0
    let server: ReturnType<typeof createServer>
    let ca: string
    before(async () => {
      const tls = await makeLocalhostTls()
      const wide = express()
      wide.use(...guardOf(s2s, { form, resources }))
      wide.use((_request, response) => {
        calls += 1
        response.end()
      })
      wide.use(s2s.errorResponder())
      ca = tls.ca
      server = createServer({ cert: tls.certificatePem, key: tls.privateKeyPem, maxHeaderSize: 2 ** 20 }, wide)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    })
    after(() => {
      s2s.close()
      server.close()
    })

    const hostile: Readonly<Record<string, readonly [value: string, status: number]>> = {
      '200 kB of letters': [`Bearer ${'A'.repeat(200_000)}`, 401],
      '200 kB of dots': [`Bearer ${'.'.repeat(200_000)}`, 401],
      '200 kB of base64url in three segments': [
        `Bearer ${'e'.repeat(66_000)}.${'e'.repeat(66_000)}.${'e'.repeat(66_000)}`,
        401,
      ],
      '200 kB of spaces': [`Bearer ${' '.repeat(200_000)}x`, 401],
      '200 kB of spaces and a bad end': [`Bearer ${' '.repeat(200_000)}"`, 400],
      '200 kB of equals signs': [`Bearer ${'='.repeat(200_000)}`, 400],
      '200 kB of equals signs and a bad end': [`Bearer a${'='.repeat(200_000)}"`, 400],
      '200 kB of commas': [`Basic ${','.repeat(200_000)}`, 401],
      '200 kB of commas and spaces': [`Basic ${', '.repeat(100_000)}beare`, 401],
      '200 kB of one comma and spaces': [`Basic ,${' '.repeat(200_000)}beare`, 401],
      '200 kB of a scheme': [`${'B'.repeat(200_000)} x`, 401],
    }
    for (const [name, [value, status]] of Object.entries(hostile)) {
      it(`refuses row 9: ${name}`, async () => {
        const { port } = server.address() as AddressInfo
        const startedAt = performance.now()
        assert.equal(await statusOf({ port, ca }, value), status)
        assert.ok(performance.now() - startedAt < 1_000, 'the answer took a second')
        assert.equal(calls, 0, 'the handler ran')
      })
    }
  })
}

function statusOf({ port, ca }: { port: number; ca: string }, authorization: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'localhost', authorization }
    const target = { host: '127.0.0.1', port, ca, servername: 'localhost', path: '/reports/1', headers, agent: false }
    httpsRequest(target, (response) => {
      response.resume().on('end', () => {
        resolve(response.statusCode)
      })
    })
      .on('error', reject)
      .end()
  })
}

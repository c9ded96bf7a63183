import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { assertRefused, type AttackCase } from '../support/attack.ts'
import { NOW } from '../support/clock.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { makeKeyPair } from '../support/key-pairs.ts'
import { compact, encodePart, forgedJwt, readClaims } from '../support/tokens.ts'
import { makeWorld } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const attacker = makeKeyPair('rsa2048').privateKey
const claims = readClaims(await oauth.token({ claims: { scope: 'reports.read' } }))
const farmClaims = readClaims(await farm.appOnlyToken())

/** Looks for itself in every answer and log; tries to end a header, a quoted text and a line of a log on its way. */
const marker = 'zq7marker'
const hostile = `${marker}"\r\nSet-Cookie: ${marker}=1\u2028\\<script>${marker}</script>`

interface Part {
  readonly header?: object
  readonly claims?: object
}

function signed({ header, claims: changes }: Part, key = oauth.keyPair('RS256').privateKey): string {
  const fields = { alg: 'RS256', kid: 'RS256-0', typ: 'at+jwt', ...header }
  return forgedJwt({ header: fields, claims: { ...claims, ...changes, note: hostile }, algorithm: 'RS256', key })
}

function farmSigned({ header, claims: changes }: Part): string {
  const fields = { alg: 'RS256', typ: 'JWT', x5t: farm.certificate.x5t, ...header }
  const payload = { ...farmClaims, ...changes, note: hostile }
  return forgedJwt({ header: fields, claims: payload, algorithm: 'RS256', key: farm.certificate.privateKey })
}

const at = (code: string, token: string, what = ''): AttackCase => ({
  name: `row 17: ${code}${what}`,
  token,
  status: 401,
  code: `ERR_S2S_${code}`,
})

/** One refusal of every kind that a token can earn, each with text of the attacker wherever text may stand. */
const cases: readonly AttackCase[] = [
  at('TOKEN_MALFORMED', `${encodePart(`{"${hostile}"`)}.${encodePart(claims)}.AAAA`, ', bad JSON'),
  at('TOKEN_MALFORMED', compact('{"alg":"RS256"}', `{"${marker}":1,"${marker}":2}`, 'AAAA'), ', a member twice'),
  at('TOKEN_MALFORMED', signed({ header: { kid: [hostile] } }), ', kid'),
  at('TOKEN_TOO_LARGE', signed({ claims: { a: marker.repeat(1_000) } })),
  at('TOKEN_TYPE', signed({ header: { typ: hostile } })),
  at('TOKEN_TYPE', farmSigned({ header: { typ: hostile } }), ', of a farm'),
  at('ALGORITHM_NOT_ALLOWED', signed({ header: { alg: hostile } })),
  at('ALGORITHM_NOT_ALLOWED', compact({ alg: 'none', kid: hostile }, { ...claims, note: hostile }), ', none'),
  at('HEADER_NOT_ALLOWED', signed({ header: { jku: `https://${marker}.example`, crit: [hostile] } })),
  at('ISSUER_UNTRUSTED', signed({ claims: { iss: hostile } })),
  at('ISSUER_UNTRUSTED', signed({ claims: { iss: `https://${marker}.example` } }), ', an address'),
  at('KEY_UNKNOWN', signed({ header: { kid: hostile } })),
  at('KEY_UNKNOWN', farmSigned({ header: { x5t: hostile } }), ', of a farm'),
  at('KEY_UNUSABLE', signed({ header: { kid: 'ES256-0', [hostile]: hostile } })),
  at('SIGNATURE_INVALID', signed({ claims: { sub: hostile, jti: hostile } }, attacker)),
  at('AUDIENCE_MISMATCH', signed({ claims: { aud: hostile } })),
  at('AUDIENCE_MISMATCH', farmSigned({ claims: { aud: hostile } }), ', of a farm'),
  at('TOKEN_EXPIRED', signed({ claims: { exp: 1, sub: hostile } })),
  at('TOKEN_NOT_YET_VALID', signed({ claims: { nbf: NOW + 3_600, sub: hostile } })),
  at('TOKEN_LIFETIME', signed({ claims: { exp: NOW + 1e9, sub: hostile } })),
  at('CLAIM_INVALID', signed({ claims: { exp: hostile } }), ', exp'),
  at('CLAIM_INVALID', signed({ claims: { iss: { [hostile]: hostile } } }), ', iss'),
  at('CLAIM_INVALID', farmSigned({ claims: { nameid: hostile } }), ', nameid'),
  at('CLAIM_INVALID', farmSigned({ claims: { actor: hostile } }), ', actor'),
  at('REALM_MISMATCH', farmSigned({ claims: { nameid: `${marker}@${marker}` } })),
  at('TOKEN_BOUND', signed({ claims: { cnf: { jkt: hostile } } })),
]

for (const form of forms) {
  describe(`text of a refused token (${form})`, () => {
    let app: GuardedApp
    const written: string[] = []
    const restore: (() => void)[] = []

    before(async () => {
      app = await startGuardedApp({ form, s2s: options, resources: { 'GET /reports/:id': 'reports.read' } })
      for (const stream of [process.stdout, process.stderr]) restore.push(spyOn(stream, written))
    })
    after(() => {
      for (const undo of restore) undo()
      return app.close()
    })

    for (const attack of cases) {
      it(`comes back nowhere: ${attack.name}`, async () => {
        const firstEvent = app.events.length
        const answer = await assertRefused(app, attack)
        const seen = answer.body + JSON.stringify(answer.headers) + JSON.stringify(app.events.slice(firstEvent))
        assert.ok(!seen.includes(marker), seen)
        assert.equal(answer.headers['set-cookie'], undefined)
      })
    }

    it('comes back in nothing that the process writes', () => {
      assert.ok(!written.join('').includes(marker))
    })
  })
}

/** Keeps what is written as well as writing it. */
function spyOn(stream: NodeJS.WriteStream, written: string[]): () => void {
  const write = stream.write.bind(stream)
  stream.write = (chunk: string | Uint8Array, ...rest: []) => {
    written.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())
    return write(chunk, ...rest)
  }
  return () => {
    stream.write = write
  }
}

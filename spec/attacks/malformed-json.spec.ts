import assert from 'node:assert/strict'
import { it } from 'node:test'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack } from '../support/attack.ts'
import { asTestIssuer, forgedCases } from '../support/forged.ts'
import { forgedJwt, readClaims, type TokenPart } from '../support/tokens.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const

describeAttack(
  'rows 26 to 28: JSON that two readers read differently, or that costs more than it says',
  app,
  await forgedCases('malformed-json', await asTestIssuer(oauth)),
)

const key = oauth.keyPair('RS256').privateKey
const header = { alg: 'RS256', kid: 'RS256-0', typ: 'at+jwt' }
const claims = readClaims(await oauth.token({ claims: { scope: 'reports.read' } }))
const claimsText = JSON.stringify(claims)

function signed(first: TokenPart, second: TokenPart): string {
  return forgedJwt({ header: first, claims: second, algorithm: 'RS256', key })
}

const insideLast = (text: string, more: string): string => `${text.slice(0, -1)},${more}}`
const named = (count: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`claim${index}`, index]))
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

describeAccepted('JSON that only looks strange', app, [
  { name: 'row 28: 400 claims', token: signed(header, { ...claims, ...named(400) }) },
  { name: 'row 28: 32 levels', token: signed(header, insideLast(claimsText, `"a":${nested(31)}`)) },
  {
    name: 'row 28: constructor and prototype',
    token: signed(header, insideLast(claimsText, '"constructor":{"prototype":{"admin":true}}')),
  },
  {
    name: 'row 28: names of Object.prototype',
    token: signed(header, { ...claims, toString: 'a', valueOf: 1, hasOwnProperty: null }),
  },
  {
    name: 'colons, brackets and quotes in texts',
    token: signed(header, { ...claims, a: '{"a":[:]}\\"', 'b:"': '\\\\' }),
  },
  {
    name: 'white space between the members',
    token: signed(JSON.stringify(header, null, 2), JSON.stringify(claims, null, 2)),
  },
])

it('row 28: Object.prototype is as it was', () => {
  assert.equal(({} as Record<string, unknown>)['admin'], undefined)
  assert.deepEqual(Object.keys(Object.prototype), [])
})

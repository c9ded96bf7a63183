import { createTestDpopKey } from 'passport-s2s/testing'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { fixedClock } from '../support/clock.ts'
import { dpopHeaders, makeDpopCaller, origin, reports } from '../support/dpop-caller.ts'

const { world, options, key, token: makeToken, proof } = await makeDpopCaller()
const { oauth, otherOAuth, farm } = world
const app = {
  s2s: options,
  resources: { ...reports, 'GET /strict': { scope: 'reports.read', proof: 'dpop' } },
} as const
const token = await makeToken()
const plain = await oauth.token({ claims: { scope: 'reports.read' } })
const actor = await farm.appOnlyToken()
const bound = { status: 401, code: 'ERR_S2S_TOKEN_BOUND' } as const
const notBound = { status: 401, code: 'ERR_S2S_TOKEN_NOT_BOUND' } as const
const malformed = { status: 400, code: 'ERR_S2S_HEADER_MALFORMED' } as const
const noToken = { status: 401, code: undefined } as const

const bearer = (name: string, given: string, answer: Pick<AttackCase, 'status' | 'code'>): AttackCase => ({
  name: `RFC 9449 7.2: ${name}`,
  headers: [['Authorization', `Bearer ${given}`]],
  ...answer,
})
const under = (name: string, authorization: string, answer: Pick<AttackCase, 'status' | 'code'>): AttackCase => ({
  name: `RFC 9449 7.1: ${name}`,
  headers: [
    ['Authorization', authorization],
    ['DPoP', proof({ token })],
  ],
  ...answer,
})

describeAttack('a token that is bound to a DPoP key, as Bearer', app, [
  bearer('without a proof', token, bound),
  {
    name: 'RFC 9449 7.2: with a good proof',
    headers: [
      ['Authorization', `Bearer ${token}`],
      ['DPoP', proof({ token })],
    ],
    ...bound,
  },
  { name: 'RFC 9449 7.2: at a resource that demands a proof', path: '/strict', token, ...bound },
])

const cnfs: Readonly<Record<string, unknown>> = {
  empty: {},
  null: null,
  'a text': key.jkt,
  'a list': [{ jkt: key.jkt }],
  'a number': 7,
  'a short jkt': { jkt: key.jkt.slice(1) },
  'a jkt with padding': { jkt: `${key.jkt}=` },
  'a jkt that is not canonical': { jkt: `${key.jkt.slice(0, -1)}B` },
  'a jkt that is no text': { jkt: [key.jkt] },
  'a jkt of null': { jkt: null },
  'a whole key': { jwk: key.jwk },
  'the id of a key': { kid: 'one' },
  'an encrypted key': { jwe: 'a.b.c.d.e' },
  'the address of keys': { jku: 'https://login.example.com/jwks' },
  'a key beside jkt': { jkt: key.jkt, jwk: key.jwk },
  'something new beside jkt': { jkt: key.jkt, 'urn:example:new-way': 'x' },
  'a client certificate, which this server knows nothing of': { 'x5t#S256': key.jkt },
  'a client certificate beside jkt': { jkt: key.jkt, 'x5t#S256': key.jkt },
  'a note of Keycloak alone': { 'kc-jkt-type': 'dpop' },
}
const odd = await Promise.all(
  Object.entries(cnfs).map(async ([name, cnf]) => [name, await makeToken({ claims: { cnf } })] as const),
)

describeAttack('a token that is bound to something nobody can prove', app, [
  ...odd.map(([name, given]) => bearer(`cnf is ${name}, as Bearer`, given, bound)),
  ...odd.map(([name, given]): AttackCase => ({
    name: `RFC 7800 3.1: cnf is ${name}, with a proof`,
    headers: dpopHeaders(given, proof({ token: given })),
    ...bound,
  })),
])

describeAttack('a token that is bound to nothing, under the scheme DPoP', app, [
  { name: 'RFC 9449 7.1: a bearer token', headers: dpopHeaders(plain, proof({ token: plain })), ...notBound },
  { name: 'RFC 9449 7.1: a bearer token without proof', headers: dpopHeaders(plain), ...notBound },
  { name: 'RFC 9449 7.1: an S2S token', headers: dpopHeaders(actor, proof({ token: actor })), ...notBound },
])

const actorWithCnf = await farm.appOnlyToken({ cnf: { jkt: key.jkt } })

describeAttack('an S2S token with cnf', app, [
  bearer('as Bearer', actorWithCnf, bound),
  {
    name: 'RFC 9449 7.1: with a proof',
    headers: dpopHeaders(actorWithCnf, proof({ token: actorWithCnf })),
    ...bound,
  },
])

describeAttack('two credentials', app, [
  {
    name: 'RFC 9449 7.1: DPoP and Bearer in two headers',
    headers: [...dpopHeaders(token, proof({ token })), ['Authorization', `Bearer ${plain}`]],
    ...malformed,
  },
  {
    name: 'RFC 9449 7.1: Bearer and DPoP in two headers',
    headers: [['Authorization', `Bearer ${plain}`], ...dpopHeaders(token, proof({ token }))],
    ...malformed,
  },
  under('DPoP and Bearer with a comma', `DPoP ${token}, Bearer ${plain}`, malformed),
  under('Bearer and DPoP with a comma', `Bearer ${plain}, DPoP ${token}`, malformed),
  under('another scheme and DPoP with a comma', `Basic YTpi, DPoP ${token}`, malformed),
  under('the token glued to its scheme', `DPoP${token}`, malformed),
  under('the token quoted', `DPoP "${token}"`, malformed),
  under('the token as a parameter', `DPoP token=${token}`, malformed),
  under('two tokens', `DPoP ${token} ${token}`, malformed),
  under('no token', 'DPoP', noToken),
  under('a scheme that begins alike', `DPoP2 ${token}`, malformed),
])

describeAttack('the scheme DPoP at a server that is not configured for it', { ...app, s2s: world.options }, [
  { name: 'RFC 9449 7.1: with a good proof', headers: dpopHeaders(token, proof({ token })), ...noToken },
  bearer('the token as Bearer', token, bound),
])

const [first, second, login, ...others] = options.trustedIssuers
const requiring = {
  ...options,
  trustedIssuers: [first, second, { ...login, dpop: 'required' }, ...others],
} as typeof options
const plainOfOther = await otherOAuth.token({ claims: { scope: 'reports.read' } })

describeAttack('a plain token where a bound one is demanded', app, [
  { name: 'RFC 9449 7.1: by the resource', path: '/strict', token: plain, status: 401, code: 'ERR_S2S_PROOF_REQUIRED' },
  {
    name: 'RFC 9449 7.1: by the resource, of another issuer',
    path: '/strict',
    token: plainOfOther,
    status: 401,
    code: 'ERR_S2S_PROOF_REQUIRED',
  },
  {
    name: 'RFC 9449 7.1: by the resource, of a farm',
    path: '/strict',
    token: actor,
    status: 401,
    code: 'ERR_S2S_PROOF_REQUIRED',
  },
])

describeAttack('a plain token of an issuer whose tokens must be bound', { ...app, s2s: requiring }, [
  bearer('as Bearer', plain, notBound),
  { name: 'RFC 9449 7.1: under DPoP', headers: dpopHeaders(plain, proof({ token: plain })), ...notBound },
  {
    name: 'RFC 9449 7.1: bound to a key of a stranger',
    headers: dpopHeaders(token, createTestDpopKey({ clock: fixedClock }).proof({ token, url: `${origin}/reports/1` })),
    ...bound,
  },
])

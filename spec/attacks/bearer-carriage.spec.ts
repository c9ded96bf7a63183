import type { AttackCase } from '../support/attack.ts'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack } from '../support/attack.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const

const noCredential = { status: 401, code: undefined } as const
const malformedHeader = { status: 400, code: 'ERR_S2S_HEADER_MALFORMED' } as const
const malformedToken = { status: 401, code: 'ERR_S2S_TOKEN_MALFORMED' } as const

function authorization(row: string, value: string, answer: Pick<AttackCase, 'status' | 'code'>): AttackCase {
  return { name: row, headers: [['Authorization', value]], ...answer }
}

describeAttack('a request without a credential', app, [
  { name: 'row 1: no Authorization header', ...noCredential },
  { name: 'row 1: no Authorization header, POST', method: 'POST', ...noCredential },
  { name: 'row 1: no Authorization header on a path that is not listed', path: '/nothing', ...noCredential },
])

describeAttack('a blank or senseless credential', app, [
  authorization('row 2: Bearer', 'Bearer', noCredential),
  authorization('row 2: Bearer and a space', 'Bearer ', noCredential),
  authorization('row 2: bearer and many spaces', `bearer${' '.repeat(2_000)}`, noCredential),
  authorization('row 2: an empty value', '', malformedHeader),
  authorization('row 2: spaces only', '   ', malformedHeader),
  authorization('row 2: garbage', 'Bearer garbage', malformedToken),
  authorization('row 2: garbage without a scheme', '%%%', noCredential),
  authorization('row 2: one dot', 'Bearer .', malformedToken),
  authorization('row 2: two dots', 'Bearer ..', malformedToken),
  authorization('row 2: 2,000 dots', `Bearer ${'.'.repeat(2_000)}`, malformedToken),
  authorization('row 2: 12,000 dots', `Bearer ${'.'.repeat(12_000)}`, malformedToken),
  authorization('row 2: 2,000 tildes', `Bearer ${'~'.repeat(2_000)}`, malformedToken),
  authorization('row 2: 4,000 equals signs', `Bearer ${'='.repeat(4_000)}`, malformedHeader),
  authorization('row 2: undefined', 'Bearer undefined', malformedToken),
  authorization('row 2: null', 'Bearer null', malformedToken),
  authorization('row 2: the word of an object', 'Bearer [object Object]', malformedHeader),
])

describeAttack('a token that does not stand alone behind its scheme', app, [
  authorization('row 3: the token without a scheme', token, noCredential),
  ...['Basic', 'Token', 'JWT', 'DPoP', 'Negotiate', 'OAuth', 'Bear', 'xBearer', 'MAC'].map((scheme) =>
    authorization(`row 3: the scheme ${scheme}`, `${scheme} ${token}`, noCredential),
  ),
  ...['', ':', '=', ',', ';', '/', '.', '\t', '_'].map((glue) =>
    authorization(`row 3: glued to its scheme with ${JSON.stringify(glue)}`, `Bearer${glue}${token}`, malformedHeader),
  ),
  authorization('row 3: the scheme twice', `Bearer Bearer ${token}`, malformedHeader),
  authorization('row 3: the scheme BearerToken', `BearerToken ${token}`, malformedHeader),
  authorization('row 3: a quoted token', `Bearer "${token}"`, malformedHeader),
  authorization('row 3: a token in single quotes', `Bearer '${token}'`, malformedHeader),
  authorization('row 3: a token in angle brackets', `Bearer <${token}>`, malformedHeader),
  authorization('row 3: a list of two tokens', `Bearer ${token}, ${token}`, malformedHeader),
  authorization('row 3: a list of two tokens without a space', `Bearer ${token},${token}`, malformedHeader),
  authorization('row 3: two credentials in one header', `Bearer ${token}, Bearer ${token}`, malformedHeader),
  authorization('row 3: another credential first', `Basic dXNlcjpwYXNz, Bearer ${token}`, malformedHeader),
  authorization('row 3: a list that ends in nothing', `Bearer ${token},`, malformedHeader),
  authorization('row 3: trailing junk', `Bearer ${token} junk`, malformedHeader),
  authorization('row 3: a trailing semicolon', `Bearer ${token};`, malformedHeader),
  authorization('row 3: a trailing tab and junk', `Bearer ${token}\tjunk`, malformedHeader),
  authorization('row 3: auth-params', `Bearer realm="s2s", token="${token}"`, malformedHeader),
  authorization('row 3: token as an auth-param', `Bearer token=${token}`, malformedHeader),
  authorization('row 3: access_token as an auth-param', `Bearer access_token="${token}"`, malformedHeader),
  authorization('row 3: a JSON object', `Bearer {"access_token":"${token}"}`, malformedHeader),
])

describeAttack('a token in a header that is not Authorization', app, [
  ...[
    'X-Authorization',
    'X-Forwarded-Authorization',
    'Proxy-Authorization',
    'Authorization-Token',
    'X-Access-Token',
    'X-Auth-Token',
    'X-Original-Authorization',
    'X-Amzn-Oidc-Accesstoken',
    'X-MS-Token-AAD-Access-Token',
    'X-HTTP-Authorization',
    'HTTP_AUTHORIZATION',
    'WWW-Authenticate',
  ].map((name): AttackCase => ({ name: `row 7: ${name}`, headers: [[name, `Bearer ${token}`]], ...noCredential })),
  { name: 'row 7: X-PROOF_TOKEN', headers: [['X-PROOF_TOKEN', token]], ...noCredential },
  { name: 'row 7: X-S2S-Token', headers: [['X-S2S-Token', token]], ...noCredential },
  ...['access_token', 'token', 'Authorization', 'FedAuth', 'jwt'].map((name): AttackCase => ({
    name: `row 7: the cookie ${name}`,
    headers: [['Cookie', `${name}=${token}`]],
    ...noCredential,
  })),
  { name: 'row 7: Referer', headers: [['Referer', `https://localhost/?access_token=${token}`]], ...noCredential },
  {
    name: 'row 7: Sec-WebSocket-Protocol',
    headers: [['Sec-WebSocket-Protocol', `bearer, ${token}`]],
    ...noCredential,
  },
  {
    name: 'row 7: X-PROOF_TOKEN beside an empty Bearer',
    headers: [
      ['Authorization', 'Bearer'],
      ['X-PROOF_TOKEN', token],
    ],
    ...noCredential,
  },
  {
    name: 'row 7: Authorization named hop-by-hop, the token elsewhere',
    headers: [
      ['Connection', 'close, Authorization'],
      ['X-Authorization', `Bearer ${token}`],
    ],
    ...noCredential,
  },
])

describeAttack('bytes that no token has', app, [
  authorization('row 8: latin-1 bytes', `Bearer ${token}\xe9`, malformedHeader),
  authorization('row 8: a latin-1 byte in front', `Bearer \xff${token}`, malformedHeader),
  authorization('row 8: a no-break space instead of a space', `Bearer\xa0${token}`, malformedHeader),
  authorization('row 8: percent-encoded dots', `Bearer ${token.replaceAll('.', '%2E')}`, malformedHeader),
  authorization('row 8: a percent-encoded space', `Bearer%20${token}`, malformedHeader),
])

describeAccepted('the same token', app, [{ name: 'behind its scheme', token }])

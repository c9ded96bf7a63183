import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { forgedJwt, readClaims, signText, type TokenPart } from '../support/tokens.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const app = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const key = oauth.keyPair('RS256').privateKey
const header = { alg: 'RS256', kid: 'RS256-0', typ: 'at+jwt' }
const claims = readClaims(await oauth.token({ claims: { scope: 'reports.read' } }))
const good = forgedJwt({ header, claims, algorithm: 'RS256', key })
const [head = '', body = '', tail = ''] = good.split('.')
const actorToken = await farm.actorToken()
const [actorHead = '', actorBody = '', actorTail = ''] = actorToken.split('.')

const malformed = { status: 401, code: 'ERR_S2S_TOKEN_MALFORMED' } as const
const badSignature = { status: 401, code: 'ERR_S2S_SIGNATURE_INVALID' } as const

/** Segments as they stand, with a signature that fits them: only the reading can refuse it. */
function signedSegments(first: string, second: string): string {
  return `${first}.${second}.${signText(`${first}.${second}`, 'RS256', key).toString('base64url')}`
}

function signed(first: TokenPart, second: TokenPart): string {
  return forgedJwt({ header: first, claims: second, algorithm: 'RS256', key })
}

const base64url = (bytes: Buffer | string): string => Buffer.from(bytes).toString('base64url')

describeAccepted('a token with nothing wrong', app, [
  { name: 'of an OAuth issuer', token: good },
  { name: 'around an actor token', token: await farm.userToken({ ...dana }) },
])

describeAttack('a token that does not have three segments', app, [
  { name: 'row 10: one segment', token: head, ...malformed },
  { name: 'row 10: two segments', token: `${head}.${body}`, ...malformed },
  { name: 'row 10: two segments, payload and signature', token: `${body}.${tail}`, ...malformed },
  { name: 'row 10: four segments', token: `${good}.${tail}`, ...malformed },
  { name: 'row 10: five segments', token: `${good}.${tail}.${tail}`, ...malformed },
  { name: 'row 10: a leading dot', token: `.${good}`, ...malformed },
  { name: 'row 10: a trailing dot', token: `${good}.`, ...malformed },
  { name: 'row 10: a doubled dot', token: `${head}..${body}.${tail}`, ...malformed },
  { name: 'row 10: an empty header', token: `.${body}.${tail}`, ...malformed },
  { name: 'row 10: an empty payload (detached)', token: `${head}..${tail}`, ...malformed },
  { name: 'row 10: an empty third segment', token: `${head}.${body}.`, ...badSignature },
  { name: 'row 10: AAA as third segment', token: `${head}.${body}.AAA`, ...badSignature },
  { name: 'row 10: A as third segment', token: `${head}.${body}.A`, ...malformed },
  {
    name: 'row 10: the header three times',
    token: `${head}.${head}.${head}`,
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
  {
    name: 'row 10: the payload three times',
    token: `${body}.${body}.${body}`,
    status: 401,
    code: 'ERR_S2S_ALGORITHM_NOT_ALLOWED',
  },
])

/** Another character that decodes to the same bytes: the last one has two or four bits that nobody reads. */
function withOtherLastCharacter(segment: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return segment.slice(0, -1) + (alphabet[alphabet.indexOf(segment.slice(-1)) + 1] ?? 'B')
}

/** A part as a segment whose length is not a multiple of four, so that it has a padding and bits that nobody reads. */
function paddable(part: object): string {
  for (let pad = ''; ; pad += ' ') {
    const segment = base64url(JSON.stringify(part) + pad)
    if (segment.length % 4 === 2) return segment
  }
}

/** The signature holds both characters that differ between the alphabets; its own JSON text makes each try another. */
function withBothAlphabets(): string {
  for (let serial = 0; ; serial += 1) {
    const token = signed(header, { ...claims, serial })
    const signature = token.split('.')[2] ?? ''
    if (signature.includes('-') && signature.includes('_')) return token
  }
}

const [otherHead = '', otherBody = '', otherTail = ''] = withBothAlphabets().split('.')
const standard = (segment: string): string => segment.replaceAll('-', '+').replaceAll('_', '/')
const odd = { head: paddable(header), body: paddable({ ...claims, text: '\u00ff?~' }) }

describeAttack('a second spelling of one token', app, [
  { name: 'row 18: padding behind the signature', token: `${good}==`, ...malformed },
  { name: 'row 18: one equals sign behind the signature', token: `${good}=`, ...malformed },
  { name: 'row 18: many equals signs behind the signature', token: `${good}${'='.repeat(64)}`, ...malformed },
  {
    name: 'row 18: the standard alphabet in the signature',
    token: `${otherHead}.${otherBody}.${standard(otherTail)}`,
    ...malformed,
  },
  {
    name: 'row 18: a plus sign in the signature',
    token: `${otherHead}.${otherBody}.${otherTail.replace('-', '+')}`,
    ...malformed,
  },
  {
    name: 'row 18: a slash in the signature',
    token: `${otherHead}.${otherBody}.${otherTail.replace('_', '/')}`,
    ...malformed,
  },
  {
    name: 'row 18: the standard alphabet in the header',
    token: signedSegments(standard(base64url('{"alg":"RS256","a":"~~~???>>>"}')), body),
    ...malformed,
  },
  {
    name: 'row 18: the standard alphabet in the payload',
    token: signedSegments(head, standard(base64url(`{"a":"~~~???>>>~~~","b":${JSON.stringify(claims)}}`))),
    ...malformed,
  },
  ...['~', '+', '/', '~~~~', '++++'].map((junk): AttackCase => ({
    name: `row 18: ${junk}, which Buffer skips, inside the signature`,
    token: `${head}.${body}.${tail.slice(0, 9)}${junk}${tail.slice(9)}`,
    ...malformed,
  })),
  {
    name: 'row 18: a tilde inside the header',
    token: signedSegments(`${head.slice(0, 5)}~${head.slice(5)}`, body),
    ...malformed,
  },
  {
    name: 'row 18: a tilde inside the payload',
    token: signedSegments(head, `${body.slice(0, 5)}~${body.slice(5)}`),
    ...malformed,
  },
  {
    name: 'row 19: another last character of the signature',
    token: `${head}.${body}.${withOtherLastCharacter(tail)}`,
    ...malformed,
  },
  {
    name: 'row 19: another last character of the header',
    token: signedSegments(withOtherLastCharacter(odd.head), body),
    ...malformed,
  },
  {
    name: 'row 19: another last character of the payload',
    token: signedSegments(head, withOtherLastCharacter(odd.body)),
    ...malformed,
  },
  { name: 'row 19: one character too many behind the signature', token: `${good}A`, ...badSignature },
])

describeAccepted('the first spelling of it', app, [
  { name: 'with bits that nobody reads', token: signedSegments(odd.head, odd.body) },
])

/** Inside an outer token the text of the actor token is JSON: what a header cannot carry can stand there. */
const actorSpellings: Readonly<Record<string, string>> = {
  'padding in the header': `${actorHead}=.${actorBody}.${actorTail}`,
  'padding in the payload': `${actorHead}.${actorBody}==.${actorTail}`,
  'padding behind the signature': `${actorToken}==`,
  'a space in front': ` ${actorToken}`,
  'a space behind': `${actorToken} `,
  'a line break behind': `${actorToken}\n`,
  'a space in the payload': `${actorHead}.${actorBody.slice(0, 8)} ${actorBody.slice(8)}.${actorTail}`,
  'a folded signature': `${actorHead}.${actorBody}.${actorTail.slice(0, 64)}\r\n ${actorTail.slice(64)}`,
  'a tab in the header': `${actorHead.slice(0, 4)}\t${actorHead.slice(4)}.${actorBody}.${actorTail}`,
  'an exclamation mark': `${actorHead}.${actorBody}!.${actorTail}`,
  'a zero byte': `${actorHead}.${actorBody}.${actorTail}\0`,
  'a byte order mark': `\ufeff${actorToken}`,
  'a zero-width space': `${actorHead}.\u200b${actorBody}.${actorTail}`,
  'a full-width dot': `${actorHead}\uff0e${actorBody}.${actorTail}`,
  'letters beyond latin-1 that share the low byte': `${actorHead}.${actorBody}.${actorTail.slice(0, -1)}${String.fromCharCode(0x100 + actorTail.charCodeAt(actorTail.length - 1))}`,
  'another last character': `${actorHead}.${actorBody}.${withOtherLastCharacter(actorTail)}`,
  'percent-encoded dots': actorToken.replaceAll('.', '%2E'),
  'quotes around it': `"${actorToken}"`,
}

describeAttack('a second spelling of the actor token', app, [
  ...(await Promise.all(
    Object.entries(actorSpellings).map(async ([name, text]): Promise<AttackCase> => {
      const row = name === 'another last character' ? 'row 19' : 'row 18'
      return { name: `${row}: ${name}`, token: await farm.userToken({ ...dana }, text), ...malformed }
    }),
  )),
])

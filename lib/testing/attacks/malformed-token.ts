import { encodePart, segmentsOf, signInput } from '../forge-token.ts'
import { rowsOf, type AttackFamily, type AttackRow } from './attack-family.ts'
import type { OAuthSetup } from './oauth-setup.ts'
import type { S2SSetup } from './s2s-setup.ts'

const malformed = 'ERR_S2S_TOKEN_MALFORMED'
const badSignature = 'ERR_S2S_SIGNATURE_INVALID'

const common = {
  family: 'malformed-token',
  reason: 'a token is read more kindly than RFC 7515 says, so that one token has many spellings',
} as const

/** Another character that decodes to the same bytes: the last one has two or four bits that nobody reads. */
function withOtherLastCharacter(segment: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return segment.slice(0, -1) + alphabet.charAt(alphabet.indexOf(segment.slice(-1)) ^ 1)
}

/** A part as a segment whose length is not a multiple of four, so that it has a padding and bits that nobody reads. */
function paddable(part: object): string {
  for (let pad = ''; ; pad += ' ') {
    const segment = encodePart(JSON.stringify(part) + pad)
    if (segment.length % 4 === 2) return segment
  }
}

/** The signature holds both characters that differ between the alphabets; its own JSON text makes each try another. */
function withBothAlphabets({ forge }: OAuthSetup): string {
  for (let serial = 0; ; serial += 1) {
    const token = forge({ claims: { serial } })
    const [, , signature] = segmentsOf(token)
    if (signature.includes('-') && signature.includes('_')) return token
  }
}

function segmentRows({ good }: OAuthSetup): AttackRow[] {
  const [head, body, tail] = segmentsOf(good)
  return [
    ['one segment', head, malformed],
    ['two segments', `${head}.${body}`, malformed],
    ['two segments, payload and signature', `${body}.${tail}`, malformed],
    ['four segments', `${good}.${tail}`, malformed],
    ['five segments', `${good}.${tail}.${tail}`, malformed],
    ['a leading dot', `.${good}`, malformed],
    ['a trailing dot', `${good}.`, malformed],
    ['a doubled dot', `${head}..${body}.${tail}`, malformed],
    ['an empty header', `.${body}.${tail}`, malformed],
    ['an empty payload (detached)', `${head}..${tail}`, malformed],
    ['an empty third segment', `${head}.${body}.`, badSignature],
    ['AAA as third segment', `${head}.${body}.AAA`, badSignature],
    ['A as third segment', `${head}.${body}.A`, malformed],
    ['the header three times', `${head}.${head}.${head}`, 'ERR_S2S_CLAIM_INVALID'],
    ['the payload three times', `${body}.${body}.${body}`, 'ERR_S2S_ALGORITHM_NOT_ALLOWED'],
  ]
}

const standard = (segment: string): string => segment.replaceAll('-', '+').replaceAll('_', '/')
/** With a tilde, which Buffer skips, inside. */
const spoilt = (segment: string): string => `${segment.slice(0, 5)}~${segment.slice(5)}`

function spellingRows(setup: OAuthSetup): AttackRow[] {
  const { good } = setup
  const [head, body, tail] = segmentsOf(good)
  const [otherHead, otherBody, otherTail] = segmentsOf(withBothAlphabets(setup))
  const withOther = (signature: string): string => `${otherHead}.${otherBody}.${signature}`
  return [
    ['padding behind the signature', `${good}==`, malformed],
    ['one equals sign behind the signature', `${good}=`, malformed],
    ['many equals signs behind the signature', `${good}${'='.repeat(64)}`, malformed],
    ['the standard alphabet in the signature', withOther(standard(otherTail)), malformed],
    ['a plus sign in the signature', withOther(otherTail.replace('-', '+')), malformed],
    ['a slash in the signature', withOther(otherTail.replace('_', '/')), malformed],
    ...['~', '+', '/', '~~~~', '++++'].map((junk): AttackRow => [
      `${junk}, which Buffer skips, inside the signature`,
      `${head}.${body}.${tail.slice(0, 9)}${junk}${tail.slice(9)}`,
      malformed,
    ]),
    ['another last character of the signature', `${head}.${body}.${withOtherLastCharacter(tail)}`, malformed],
    ['one character too many behind the signature', `${good}A`, badSignature],
  ]
}

/** Segments as they stand, with a signature that fits them: only the reading can refuse it. */
function signedSpellingRows({ good, header, claims, rsa }: OAuthSetup): AttackRow[] {
  const [head, body] = segmentsOf(good)
  const signed = (first: string, second: string): string => signInput(`${first}.${second}`, 'RS256', rsa)
  const standardBody = standard(encodePart(`{"a":"~~~???>>>~~~","b":${JSON.stringify(claims)}}`))
  return [
    [
      'the standard alphabet in the header',
      signed(standard(encodePart('{"alg":"RS256","a":"~~~???>>>"}')), body),
      malformed,
    ],
    ['the standard alphabet in the payload', signed(head, standardBody), malformed],
    ['a tilde inside the header', signed(spoilt(head), body), malformed],
    ['a tilde inside the payload', signed(head, spoilt(body)), malformed],
    ['another last character of the header', signed(withOtherLastCharacter(paddable(header)), body), malformed],
    [
      'another last character of the payload',
      signed(head, withOtherLastCharacter(paddable({ ...claims, text: '\u00ff?~' }))),
      malformed,
    ],
  ]
}

/** For OAuth issuers. */
export const malformedToken: AttackFamily<OAuthSetup> = {
  ...common,
  rows: (setup) => [...segmentRows(setup), ...spellingRows(setup), ...signedSpellingRows(setup)],
}

/** Inside an outer token the text of the actor token is JSON: what a header cannot carry can stand there. */
function actorSpellings(actorToken: string): Readonly<Record<string, string>> {
  const [head, body, tail] = segmentsOf(actorToken)
  const wideLast = String.fromCharCode(0x100 + tail.charCodeAt(tail.length - 1))
  return {
    'padding in the header': `${head}=.${body}.${tail}`,
    'padding in the payload': `${head}.${body}==.${tail}`,
    'padding behind the signature': `${actorToken}==`,
    'a space in front': ` ${actorToken}`,
    'a space behind': `${actorToken} `,
    'a line break behind': `${actorToken}\n`,
    'a space in the payload': `${head}.${body.slice(0, 8)} ${body.slice(8)}.${tail}`,
    'a folded signature': `${head}.${body}.${tail.slice(0, 64)}\r\n ${tail.slice(64)}`,
    'a tab in the header': `${head.slice(0, 4)}\t${head.slice(4)}.${body}.${tail}`,
    'an exclamation mark': `${head}.${body}!.${tail}`,
    'a zero byte': `${head}.${body}.${tail}\0`,
    'a byte order mark': `\ufeff${actorToken}`,
    'a zero-width space': `${head}.\u200b${body}.${tail}`,
    'a full-width dot': `${head}\uff0e${body}.${tail}`,
    'letters beyond latin-1 that share the low byte': `${head}.${body}.${tail.slice(0, -1)}${wideLast}`,
    'another last character': `${head}.${body}.${withOtherLastCharacter(tail)}`,
    'percent-encoded dots': actorToken.replaceAll('.', '%2E'),
    'quotes around it': `"${actorToken}"`,
  }
}

/** For S2S issuers. */
export const malformedActorToken: AttackFamily<S2SSetup> = {
  ...common,
  rows: ({ actorToken, wrap }) =>
    rowsOf(actorSpellings(actorToken), (name, text): AttackRow => [name, wrap(text), malformed]),
}

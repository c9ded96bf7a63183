import { readBearerCredential } from '../../../lib/express/bearer-credential.ts'
import { judgedPath, pathSpelling } from '../../../lib/express/request-path.ts'
import { RequestError, TokenError } from '../../../lib/foundation/errors.ts'
import { parseJsonObject } from '../../../lib/foundation/parse-json.ts'
import { parseBearerChallenge } from '../../../lib/tokens/bearer-challenge.ts'
import { formatPrincipalName, parsePrincipalName } from '../../../lib/tokens/principal-name.ts'
import { parseUnverifiedToken } from '../../../lib/tokens/unverified-token.ts'
import { isDeepStrictEqual } from 'node:util'
import { accepted, answerOf, type Target } from '../engine/target.ts'
import { readStrictObject } from '../oracle/strict-json.ts'
import { readStrictParts } from '../oracle/strict-parts.ts'
import { readStrictCredential } from '../oracle/strict-credential.ts'
import { isSamePathForAll } from '../oracle/strict-path.ts'
import { headerNames } from '../world/words.ts'
import { pathSpellings } from '../../support/path-spellings.ts'
import type { FuzzTokens } from '../world/fuzz-world.ts'
import { mutateJsonText } from '../world/mutate-documents.ts'
import { mutateToken } from '../world/mutate-token.ts'

const jsonSeeds = [
  '{}',
  '{"a":1,"b":[true,null,-0.5e+3],"c":{"d":"\\u0041\\n"}}',
  '{"a":{"a":{"a":[[],{},"",0]}}}',
  '{"a":1,"a":2}',
  '{"a":1,"\\u0061":2}',
  '{"__proto__":{}}',
  '{"a":"\\\\","b":"\\"}:{"}',
  `${'{"a":'.repeat(31)}{}${'}'.repeat(31)}`,
  `${'{"a":'.repeat(33)}{}${'}'.repeat(33)}`,
  ' {"a" : 1e400 }\n',
  '[{}]',
]

/** `parseJsonObject`: accepts exactly what a slow reader by the letter of the RFC accepts, and reads the same. */
export const jsonTarget: Target = {
  name: 'json',
  weight: 22,
  seeds: jsonSeeds,
  words: ['"a":', '{"', '":', '[[', '\\u0061', '\\"', '__proto__', '"\\u005f_proto__"', '1e999', 'true', '{}', ',,'],
  mutate: mutateJsonText,
  maximumLength: 1500,
  start: () => ({
    execute: (input) =>
      answerOf([SyntaxError], () => {
        const value = parseJsonObject(input)
        return accepted(`${Object.keys(value).length} members`, value)
      }),
    contradiction: (input, { accepted: isAccepted, value }) => {
      const strict = readStrictObject(input)
      if (isAccepted !== (strict !== undefined)) return `accepted: ${isAccepted}, by the RFC: ${strict !== undefined}`
      return isAccepted && !isDeepStrictEqual(value, strict) ? 'reads something else' : undefined
    },
  }),
}

/** `parseUnverifiedToken`. */
export const unverifiedTokenTarget = ({ all }: FuzzTokens): Target => ({
  name: 'unverified-token',
  weight: 14,
  seeds: all,
  words: headerNames,
  mutate: mutateToken,
  start: () => ({
    execute: (input) =>
      answerOf([TokenError], () => {
        const { header, claims, signingInput, signature } = parseUnverifiedToken(input)
        return accepted(header.alg.slice(0, 5), { header, claims, signingInput, signature: signature.toString('hex') })
      }),
    contradiction: (input, { accepted: isAccepted, value }) => {
      const strict = readStrictParts(input)
      if (isAccepted !== (strict !== undefined)) return `accepted: ${isAccepted}, strictly: ${strict !== undefined}`
      return isAccepted && !isDeepStrictEqual(value, strict) ? 'reads something else' : undefined
    },
  }),
})

/** `readBearerCredential`, over one or two headers and a query: `first NL second NL query`. */
export const credentialTarget = ({ good }: FuzzTokens): Target => ({
  name: 'bearer-credential',
  weight: 14,
  seeds: [
    `Bearer ${good[0] ?? ''}`,
    'Bearer',
    'bearer ',
    'Basic YTpi',
    'Bearer a.b.c\nBearer a.b.c',
    'Bearer a.b.c\n\naccess_token=x',
    'Digest realm="bearer x", nonce=1',
    'BEARER abc==\n\nx=1&y[access_token]=2',
  ],
  words: ['Bearer ', 'bearer', ', Bearer ', 'access_token', 'access%5ftoken=', 'Basic ', '"', '=', '\n', '&', ';'],
  maximumLength: 3000,
  start: () => ({
    execute: (input) =>
      answerOf([RequestError], () => {
        const credential = readBearerCredential(credentialRequest(input))
        const isToken = credential.kind === 'token'
        return isToken ? accepted('token', credential.token) : { accepted: false, feature: credential.kind }
      }),
    contradiction: (input, { accepted: isAccepted, value }) => {
      const { rawHeaders, url } = credentialRequest(input)
      const strict = readStrictCredential(rawHeaders, url)
      if (isAccepted && strict === undefined) return 'a token where there should be none'
      return isAccepted && value !== strict ? 'another token' : undefined
    },
  }),
})

function credentialRequest(input: string): {
  headers: { authorization?: string }
  rawHeaders: readonly string[]
  url: string
} {
  const [first = '', second, query = ''] = input.split('\n', 3)
  const rawHeaders = [
    'Authorization',
    first,
    ...(second === undefined || second === '' ? [] : ['authorization', second]),
  ]
  return { headers: { authorization: first }, rawHeaders, url: `/reports/1${query === '' ? '' : `?${query}`}` }
}

/** `parseBearerChallenge`: never throws, and reads the same when it is written down again. */
export const challengeTarget: Target = {
  name: 'bearer-challenge',
  weight: 12,
  seeds: [
    'Bearer realm="7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011",client_id="00000003-0000-0ff1-ce00-000000000000",trusted_issuers="a@b,c@*"',
    'Negotiate, Bearer realm="a", error="invalid_token", Basic realm="x"',
    'Basic realm="Bearer realm=\\"x\\""',
    'Negotiate dG9rZW4=\nBearer',
    'bearer client_id = "x" ,, realm=y',
  ],
  words: ['Bearer ', 'realm=', 'client_id="', 'trusted_issuers=', 'error=', '\\"', '",', 'Basic ', ',,', '\n', '=='],
  maximumLength: 9000,
  start: () => ({
    execute: (input) => {
      const challenge = parseBearerChallenge(input.split('\n'))
      if (challenge === undefined) return { accepted: false, feature: 'none' }
      const said = Object.entries(challenge).flatMap(([name, value]) => (value === undefined ? [] : name))
      return accepted(said.join(), challenge)
    },
    contradiction: (input, { accepted: isAccepted, value }) => {
      if (!isAccepted) return undefined
      if (!input.toLowerCase().includes('bearer')) return 'a challenge that nobody made'
      const { realm, clientId, error } = value as NonNullable<ReturnType<typeof parseBearerChallenge>>
      const parameters = Object.entries({ realm, client_id: clientId, error }).flatMap(([name, text]) =>
        text === undefined ? [] : `${name}="${text.replaceAll(/["\\]/g, '\\$&')}"`,
      )
      const again = parseBearerChallenge([`Bearer ${parameters.join(', ')}`])
      if (parameters.join().length > 8000) return undefined
      const isSame = again?.realm === realm && again?.clientId === clientId && again?.error === error
      return isSame ? undefined : 'is read otherwise when it is written down again'
    },
  }),
}

/** `parsePrincipalName`: what is read is what was written. */
export const principalNameTarget: Target = {
  name: 'principal-name',
  weight: 12,
  seeds: [
    '00000003-0000-0ff1-ce00-000000000000',
    '00000003-0000-0ff1-ce00-000000000000@7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011',
    '00000003-0000-0ff1-ce00-000000000000/portal.fabrikam.example:8443@7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011',
    'a@*',
    '/@',
  ],
  words: ['@', '/', '*', '@@', '//', ':443'],
  maximumLength: 1200,
  start: () => ({
    execute: (input) => {
      const name = parsePrincipalName(input)
      return name === undefined ? { accepted: false, feature: 'no name' } : accepted(Object.keys(name).join(), name)
    },
    contradiction: (input, { accepted: isAccepted, value }) => {
      if (!isAccepted) return undefined
      const name = value as NonNullable<ReturnType<typeof parsePrincipalName>>
      if (formatPrincipalName(name) !== input) return 'is another name when it is written down again'
      const isSplit = Object.values(name).some((part: string) => part === '' || /[\s/@*,"\\]/.test(part))
      return isSplit ? 'a part holds what separates parts' : undefined
    },
  }),
}

/** `judgedPath` and `pathSpelling`: what is called plain is read alike by everybody. */
export const pathTarget: Target = {
  name: 'path',
  weight: 20,
  seeds: [
    ...pathSpellings.map(({ path }) => path),
    '/reports/1',
    '/reports/a%2fb?x=1',
    'http://localhost/reports/1',
    '*',
    '',
  ],
  words: [
    '/',
    '//',
    '/../',
    '/./',
    '%2e',
    '%2E',
    '%2f',
    '%5c',
    '\\',
    ';',
    '?',
    '#',
    '%',
    '%00',
    '%c0%af',
    'http://a',
    ':',
    '@',
  ],
  maximumLength: 2000,
  start: () => ({
    execute: (input) => {
      const [url = '', originalUrl = url] = input.split('\n', 2)
      const request = { url, originalUrl }
      const spelling = pathSpelling(request)
      const value = { path: judgedPath(request), spelling }
      const shape = `${spelling} ${['%', '//', '..', ';', '\\', '?', '#', ':'].filter((mark) => input.includes(mark)).join('')}`
      return spelling === 'ambiguous' ? { accepted: false, feature: shape, value } : accepted(shape, value)
    },
    contradiction: (input, { accepted: isAccepted, value }) => {
      if (!isAccepted) return undefined
      const { path, spelling } = value as { path: string; spelling: string }
      const [, original = path] = input.split('\n', 2)
      const [arrived = ''] = original.split('?', 1)
      const paths = arrived.startsWith('/') ? [path, arrived] : [path]
      const isAlike = paths.every((each) => isSamePathForAll(each, spelling === 'encoded-slash'))
      return isAlike ? undefined : `${spelling}, but not to everybody`
    },
  }),
}

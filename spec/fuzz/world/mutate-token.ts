import { mutateTree, toTree, writeTree, type Tree } from '../engine/mutate-json.ts'
import type { Random } from '../engine/random.ts'
import { claimValues, fuzzNow, signers, signFixed, wrapFixed, type FuzzSigner } from './fuzz-world.ts'
import { claimNames, headerNames, headerValues, permissionTexts } from './words.ts'
import { s2sAudience } from '../../support/world.ts'

const headerWords = {
  names: headerNames,
  values: [...headerValues, ...signers.flatMap(({ header }) => Object.values(header))],
}
const claimWords = { names: claimNames, values: [...claimValues, ...permissionTexts] as readonly Tree[] }

/**
 * Changes a token in its structure: header or claims, signed anew with the right key, with another one, or not at all;
 * wrapped, unwrapped, and the actor token within. Gives what is no token back as it is.
 */
export function mutateToken(text: string, random: Random): string {
  const [header, payload, signature = ''] = text.split('.')
  const headerValue = decode(header)
  const claims = decode(payload)
  if (!isObject(headerValue) || !isObject(claims)) return text
  switch (random.below(9)) {
    case 0:
      return `${encode(changed(headerValue, random, headerWords))}.${payload ?? ''}.${signature}`
    case 1:
      return `${header ?? ''}.${encode(changed(claims, random, claimWords))}.${signature}`
    case 2:
      return wrap(text, random)
    case 3:
      return typeof claims['actortoken'] === 'string' ? claims['actortoken'] : changeSignature(text, random)
    case 4:
      return sign(changed(headerValue, random, headerWords), JSON.stringify(claims), random.pick(signers))
    default:
      return headerValue['alg'] === 'none'
        ? changeWrapped(headerValue, claims, random)
        : signAnew(headerValue, changed(claims, random, claimWords), random)
  }
}

type JsonObject = Readonly<Record<string, unknown>>

function changeWrapped(header: JsonObject, claims: JsonObject, random: Random): string {
  const { actortoken } = claims
  const isInner = typeof actortoken === 'string' && random.once(2)
  const payload = isInner
    ? JSON.stringify({ ...claims, actortoken: mutateToken(actortoken, random) })
    : changed(claims, random, claimWords)
  return wrapFixed(JSON.stringify(header), payload)
}

/** With the key that the header names; sometimes with another. */
function signAnew(header: JsonObject, payload: string, random: Random): string {
  const issuer = (decodeText(payload) as JsonObject | undefined)?.['iss']
  const named = signers.find(
    (signer) =>
      signer.issuer === issuer && (signer.header['kid'] ?? signer.header['x5t']) === (header['kid'] ?? header['x5t']),
  )
  const signer = named === undefined || random.once(8) ? random.pick(signers) : named
  return sign(JSON.stringify({ ...header, alg: signer.key.algorithm }), payload, signer)
}

function sign(header: string, payload: string, { key }: FuzzSigner): string {
  return signFixed(header, payload, key)
}

function wrap(text: string, random: Random): string {
  const inner = decode(text.split('.')[1])
  const name = isObject(inner) ? (inner['nameid'] ?? inner['iss']) : random.pick(claimValues)
  const times = { nbf: fuzzNow - 60, exp: fuzzNow + 600 }
  const claims = { aud: s2sAudience, iss: name, upn: 'dana@fabrikam.example', ...times, actortoken: text }
  return wrapFixed('{"alg":"none"}', random.once(3) ? changed(claims, random, claimWords) : JSON.stringify(claims))
}

function changeSignature(text: string, random: Random): string {
  const start = text.lastIndexOf('.') + 1
  const bytes = Buffer.from(text.slice(start), 'base64url')
  const at = random.below(bytes.length)
  if (at < bytes.length) bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.below(8)), at)
  return text.slice(0, start) + (random.once(3) ? bytes.subarray(0, at) : bytes).toString('base64url')
}

function changed(value: JsonObject, random: Random, words: typeof claimWords): string {
  let tree = toTree(value)
  for (let left = 1 + random.below(2); left > 0; left -= 1) tree = mutateTree(tree, random, words)
  return writeTree(tree)
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}

function decode(segment: string | undefined): unknown {
  return decodeText(Buffer.from(segment ?? '', 'base64url').toString())
}

function decodeText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

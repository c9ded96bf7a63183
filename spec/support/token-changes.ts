const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * Every text that differs from the given one in one character and is likely to be taken for it: in the last bit of one
 * base64url digit (at the end of a segment it may stand for nothing), in the case of one letter, and in a character that is
 * the same byte where encodings are confused (latin1 keeps the low byte of U+0141, which is `A`).
 */
export function* characterChanges(text: string): Generator<string> {
  for (let position = 0; position < text.length; position += 1) {
    const character = text.charAt(position)
    for (const other of new Set([neighbour(character), otherCase(character), lookAlike(character)])) {
      if (other !== character) yield text.slice(0, position) + other + text.slice(position + 1)
    }
  }
}

function neighbour(character: string): string {
  const digit = alphabet.indexOf(character)
  return digit === -1 ? '-' : alphabet.charAt(digit ^ 1)
}

function otherCase(character: string): string {
  const lower = character.toLowerCase()
  return lower === character ? character.toUpperCase() : lower
}

/** Another character with the same low byte. */
export function lookAlike(character: string): string {
  return String.fromCharCode(character.charCodeAt(0) + 0x100)
}

const order256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The other signature that the same ES256 key could have made of the same text: (r, n - s). */
export function otherSignature(token: string): string {
  const end = token.lastIndexOf('.') + 1
  const bytes = Buffer.from(token.slice(end), 'base64url')
  const s = BigInt(`0x${bytes.toString('hex', 32)}`)
  const negated = Buffer.from((order256 - s).toString(16).padStart(64, '0'), 'hex')
  return token.slice(0, end) + Buffer.concat([bytes.subarray(0, 32), negated]).toString('base64url')
}

import type { UnverifiedToken } from '../../tokens/unverified-token.ts'
import type { Diagnosis } from '../finding.ts'
import type { TokenSubject } from '../token-subject.ts'
import { isKeySubject } from './key-subject.ts'

/** Why a signature does not verify. */
export async function diagnoseSignature(subject: TokenSubject): Promise<Diagnosis | undefined> {
  if (!isKeySubject(subject)) return undefined
  const { signed, issuer, outer } = subject
  if (outer !== undefined && outer.signature.length > 0) {
    return {
      kind: 'unsigned-with-signature',
      cause: 'the outer token has alg none and a signature',
      fix: 'have the calling server leave the third segment of the outer token empty',
    }
  }
  const { key } = (await issuer.keys.current()).findKey(signed.header)
  const { length } = signed.signature
  const expected = bytesOf(signed.header.alg, key.asymmetricKeyDetails?.modulusLength)
  if (length !== expected) return wrongLength(length, expected, signed)
  return {
    kind: 'signature-invalid',
    cause: `the signature was not made with the key of ${issuer.name} that fits the header: the token was changed, or another key has the same name`,
    fix: 'send exactly the text that the issuer gave; have the issuer give each of its keys a name of its own',
  }
}

const curveBytes: Readonly<Record<string, number>> = { ES256: 64, ES384: 96, ES512: 132, EdDSA: 64, Ed25519: 64 }

function bytesOf(alg: string, modulusLength = 0): number {
  return curveBytes[alg] ?? Math.ceil(modulusLength / 8)
}

function wrongLength(length: number, expected: number, { header, signature }: UnverifiedToken): Diagnosis {
  if (length === 0) {
    return {
      kind: 'signature-missing',
      cause: 'the signature is missing',
      fix: 'send exactly the text that the issuer gave',
    }
  }
  if (header.alg.startsWith('ES') && signature[0] === 0x30) {
    return {
      kind: 'signature-der',
      cause: 'the signature is written as DER, and JWS wants the two numbers side by side',
      fix: 'have the issuer write it as RFC 7518 section 3.4 says (ieee-p1363)',
    }
  }
  return {
    kind: 'truncated',
    cause: `the signature has ${length} bytes instead of ${expected}: the token ${length < expected ? 'is cut off' : 'has something at its end'}`,
    fix: 'send exactly the text that the issuer gave',
  }
}

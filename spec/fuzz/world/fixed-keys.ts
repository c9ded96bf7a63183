import {
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  sign,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'

/**
 * Keys and signatures that are the same in every run, so that an input that was found once can be given again. Never use
 * anything of this elsewhere: the keys stand in the open, and so does the nonce of every ES256 signature.
 */
export interface FixedKey {
  readonly algorithm: 'EdDSA' | 'ES256'
  readonly publicKey: KeyObject
  readonly jwk: JsonWebKey
  sign(this: void, text: string): Buffer
}

const prefixOfEd25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The Ed25519 key of a name. */
export function fixedEd25519(name: string): FixedKey {
  const der = Buffer.concat([prefixOfEd25519, scalarOf(name)])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey)
  return {
    algorithm: 'EdDSA',
    publicKey,
    jwk: publicKey.export({ format: 'jwk' }),
    sign: (text) => sign(null, Buffer.from(text), privateKey),
  }
}

/** Order and base point of P-256, FIPS 186-4. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const baseX = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n

/** The P-256 key of a name. With 1 for a nonce a signature needs no arithmetic on the curve, and is always the same. */
export function fixedP256(name: string): FixedKey {
  const scalar = scalarOf(name)
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(scalar)
  const point = curve.getPublicKey()
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  }
  const r = baseX % order
  const secret = numberOf(scalar)
  return {
    algorithm: 'ES256',
    publicKey: createPublicKey({ key: jwk, format: 'jwk' }),
    jwk,
    sign: (text) => {
      const s = (numberOf(createHash('sha256').update(text).digest()) + r * secret) % order
      return Buffer.concat([bytesOf(r), bytesOf(s)])
    },
  }
}

function scalarOf(name: string): Buffer {
  return createHash('sha256').update(`passport-s2s fuzz ${name}`).digest()
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`)
}

function bytesOf(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex')
}

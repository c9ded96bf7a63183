import type { KeyObject } from 'node:crypto'

/** The orders of the groups in which signatures are numbers. @see FIPS 186-5, RFC 8032 */
const orders: Readonly<Record<string, bigint>> = {
  ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ES384: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  ES512:
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  Ed: 2n ** 252n + 27742317777372353535851937790883648493n,
}

/** What the numbers of a signature are counted modulo: the order of the group, or the modulus of the RSA key. */
export function orderOf(algorithm: string, publicKey: KeyObject): bigint {
  const order = orders[algorithm.startsWith('Ed') ? 'Ed' : algorithm]
  return order ?? bigEndian(Buffer.from(publicKey.export({ format: 'jwk' }).n ?? '', 'base64url'))
}

/** Reads and writes one number of fixed length: big-endian but for Ed25519. */
export interface NumberFormat {
  read(bytes: Buffer): bigint
  /** The lowest bytes of the number, if it is too long. */
  write(value: bigint, length: number): Buffer
}

function bigEndian(bytes: Buffer): bigint {
  return BigInt(`0x0${bytes.toString('hex')}`)
}

function writeBigEndian(value: bigint, length: number): Buffer {
  return Buffer.from(
    BigInt.asUintN(length * 8, value)
      .toString(16)
      .padStart(length * 2, '0'),
    'hex',
  )
}

/** How the numbers of an algorithm's signatures are written. */
export function numberFormatOf(algorithm: string): NumberFormat {
  if (!algorithm.startsWith('Ed')) return { read: bigEndian, write: writeBigEndian }
  return {
    read: (bytes) => bigEndian(Buffer.from(bytes).reverse()),
    write: (value, length) => writeBigEndian(value, length).reverse(),
  }
}

/** The two numbers of a signature in DER, as X.509 has them and JWS has not. */
export function toDer(signature: Buffer): Buffer {
  const half = Math.floor(signature.length / 2)
  const body = Buffer.concat([signature.subarray(0, half), signature.subarray(half)].map(derInteger))
  return Buffer.concat([Buffer.from([0x30]), derLength(body.length), body])
}

function derInteger(number: Buffer): Buffer {
  const first = number.findIndex((byte) => byte !== 0)
  const digits = first === -1 ? Buffer.alloc(1) : number.subarray(first)
  const positive = (digits[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.alloc(1), digits]) : digits
  return Buffer.concat([Buffer.from([0x02]), derLength(positive.length), positive])
}

function derLength(length: number): Buffer {
  return length < 0x80 ? Buffer.from([length]) : Buffer.from([0x81, length])
}

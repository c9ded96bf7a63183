type Change = (signature: Buffer) => Buffer

const zero = (length: number): Buffer => Buffer.alloc(length)
const concat = (...parts: Buffer[]): Buffer => Buffer.concat(parts)

/** What may be done to the bytes of any signature. */
export const signatureChanges: Readonly<Record<string, Change>> = {
  empty: () => zero(0),
  'one zero byte': () => zero(1),
  zero: ({ length }) => zero(length),
  one: ({ length }) => concat(zero(length - 1), Buffer.of(1)),
  'all ones': ({ length }) => Buffer.alloc(length, 0xff),
  'truncated by a byte': (signature) => signature.subarray(0, -1),
  'without its first byte': (signature) => signature.subarray(1),
  halved: (signature) => signature.subarray(0, signature.length / 2),
  'extended by a zero byte': (signature) => concat(signature, zero(1)),
  'with a leading zero byte': (signature) => concat(zero(1), signature),
  doubled: (signature) => concat(signature, signature),
  reversed: (signature) => Buffer.from(signature).reverse(),
  'with its last bit turned over': (signature) =>
    Buffer.from(signature.map((byte, index) => (index === signature.length - 1 ? byte ^ 1 : byte))),
  'with a middle bit turned over': (signature) =>
    Buffer.from(signature.map((byte, index) => (index === signature.length >> 1 ? byte ^ 0x10 : byte))),
}

/** The order of P-256, the only value that a careless ECDSA takes for zero. */
const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
const one = concat(zero(31), Buffer.of(1))

/** The same ECDSA signature as DER, as OpenSSL and Java write it. */
function derOf(signature: Buffer): Buffer {
  const integer = (bytes: Buffer): Buffer => {
    const start = bytes.findIndex((byte) => byte !== 0)
    // A first bit of 1 would make the number negative.
    const value = concat(zero(1), bytes.subarray(start)).subarray((bytes[start] ?? 0) > 0x7f ? 0 : 1)
    return concat(Buffer.of(2, value.length), value)
  }
  const body = concat(integer(signature.subarray(0, 32)), integer(signature.subarray(32)))
  return concat(Buffer.of(0x30, body.length), body)
}

/** What may stand in the place of an ES256 signature. */
export const curveSignatures: Readonly<Record<string, Change>> = {
  'r = s = n': () => concat(order, order),
  'r = n, s = 0': () => concat(order, zero(32)),
  'r = 0, s = 1': () => concat(zero(32), one),
  'r = 1, s = 0': () => concat(one, zero(32)),
  'r = s = 1': () => concat(one, one),
  'r as it is, s = 0': (signature) => concat(signature.subarray(0, 32), zero(32)),
  'r = 0, s as it is': (signature) => concat(zero(32), signature.subarray(32)),
  'r and s swapped': (signature) => concat(signature.subarray(32), signature.subarray(0, 32)),
  'written as DER': derOf,
  'DER of zeros': () => Buffer.from('3006020100020100', 'hex'),
  'padded to the size of P-384': (s) => concat(zero(16), s.subarray(0, 32), zero(16), s.subarray(32)),
}

import { createHash } from 'node:crypto'
import type { FixedKey } from './fixed-keys.ts'

/** A certificate that is the same in every run. */
export interface FixedCertificate {
  readonly derBase64: string
  /** SHA-1 thumbprint, base64url. */
  readonly x5t: string
}

const ed25519 = sequence(Buffer.from('06032b6570', 'hex'))

/** Makes a self-signed certificate of 2020 to 2049 for an Ed25519 key, DER by hand: nothing random is in it. */
export function fixedCertificate(commonName: string, key: FixedKey): FixedCertificate {
  const name = sequence(tagged(0x31, sequence(Buffer.from('0603550403', 'hex'), tagged(0x0c, Buffer.from(commonName)))))
  const validity = sequence(tagged(0x17, Buffer.from('200101000000Z')), tagged(0x17, Buffer.from('491231235959Z')))
  const body = sequence(
    tagged(0xa0, Buffer.from('020102', 'hex')),
    Buffer.from('020101', 'hex'),
    ed25519,
    name,
    validity,
    name,
    key.publicKey.export({ type: 'spki', format: 'der' }),
  )
  const signature = tagged(0x03, Buffer.concat([Buffer.from([0]), key.sign(body.toString('latin1'))]))
  const der = sequence(body, ed25519, signature)
  return { derBase64: der.toString('base64'), x5t: createHash('sha1').update(der).digest('base64url') }
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts))
}

function tagged(tag: number, body: Buffer): Buffer {
  const { length } = body
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), body])
}

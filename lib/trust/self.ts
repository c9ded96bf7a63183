import { z } from 'zod'
import { optionsObject } from '../foundation/parse-options.ts'
import { keyThumbprint } from '../keys/key-thumbprint.ts'
import { signingKeysSchema, type SigningKeysOptions } from '../keys/signing-keys.ts'
import { readCertificate } from './static-issuer.ts'
import { textOrFileSchema, type TextOrFile } from '../foundation/text-or-file.ts'

/** Who this server is to S2S callers. */
export interface SelfOptions {
  /** Our principal identifier, a GUID in lower case. */
  readonly clientId: string
  /** Our realm, a GUID (or a DNS domain); callers learn it from the discovery challenge. */
  readonly realm: string
  /** Host names tokens may be meant for, `host` or `host:port`; each is accepted with and without the port. */
  readonly hosts: readonly string[]
  /**
   * Which trusted issuers the discovery challenge names: all, none, or those with these names. Default `false`: none.
   */
  readonly advertise?: boolean | readonly string[]
  /** Our own certificates, which no foreign issuer may use. */
  readonly certificates?: readonly TextOrFile[]
  /** Our own keys, to publish them and to call other servers with. */
  readonly signingKeys?: SigningKeysOptions
}

const host = z
  .string()
  .regex(/^[A-Za-z0-9.-]+(?::\d{1,5})?$|^\[[0-9a-fA-F:]+\](?::\d{1,5})?$/, 'must be host or host:port')
const word = z.string().regex(/^[^\s/@*,"\\=]+$/, 'must have no space, slash, @, *, comma, quote or =')

/**
 * Strict schema of `self`.
 *
 * @internal
 */
export const selfSchema = optionsObject({
  clientId: word,
  realm: word,
  hosts: z.array(host).min(1, 'is empty; list the host names callers use'),
  advertise: z.union([z.boolean(), z.array(z.string().min(1))]).optional(),
  certificates: z.array(textOrFileSchema).optional(),
  signingKeys: signingKeysSchema.optional(),
})

/** The audiences `clientId/host@realm` of this server; hosts with and without port. */
export function selfAudiences(self: SelfOptions | undefined): readonly string[] {
  if (self === undefined) return []
  return self.hosts.flatMap((configured) => {
    const port = /:\d+$/.exec(configured)?.[0]
    const bare = port === undefined ? configured : configured.slice(0, -port.length)
    return [bare, `${bare}${port ?? ':443'}`].map((name) => `${self.clientId}/${name}@${self.realm}`)
  })
}

/**
 * Thumbprints of the keys in our own certificates: a renewed certificate with the same key is still ours.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function selfKeys(self: SelfOptions | undefined): ReadonlySet<string> {
  const certificates = self?.certificates ?? []
  return new Set(
    certificates.map((certificate) => keyThumbprint(readCertificate(certificate, 'self.certificates').key)),
  )
}

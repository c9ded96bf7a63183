import { inLowerCase } from '../foundation/lower-case.ts'

/**
 * A name of the S2S protocol: `id@realm` for an application or issuer, `id/host@realm` for an audience.
 *
 * @see protocol: MS-XOAUTH 3.2.5.6, MS-SPS2SAUTH
 */
export interface PrincipalName {
  /** The principal identifier, a GUID in lower case on the wire. */
  readonly id: string
  /** Only in audiences: `host` or `host:port`. */
  readonly host?: string
  /** A GUID (SharePoint, Entra) or a DNS domain (Skype for Business). */
  readonly realm?: string
}

const pattern = /^([^\s/@*,"\\]{1,128})(?:\/([^\s/@*,"\\]{1,260}))?(?:@([^\s/@*,"\\]{1,260}))?$/

/** Reads `id`, `id@realm`, `id/host@realm`. Gives `undefined` for anything else; keeps the letter case. */
export function parsePrincipalName(text: string): PrincipalName | undefined {
  const match = pattern.exec(text)
  if (match?.[1] === undefined) return undefined
  return {
    id: match[1],
    ...(match[2] === undefined ? {} : { host: match[2] }),
    ...(match[3] === undefined ? {} : { realm: match[3] }),
  }
}

/** The counterpart of `parsePrincipalName`. */
export function formatPrincipalName(name: PrincipalName): string {
  const host = name.host === undefined ? '' : `/${name.host}`
  const realm = name.realm === undefined ? '' : `@${name.realm}`
  return `${name.id}${host}${realm}`
}

/**
 * An S2S audience `id/host@realm` with the host in lower case: id and realm compare to the letter, hosts do not.
 * `undefined` for anything that does not have the three parts.
 *
 * @see MS-XOAUTH 3.2.5.6
 */
export function normalizeAudience(text: string): string | undefined {
  const name = parsePrincipalName(text)
  if (name?.host === undefined || name.realm === undefined) return undefined
  return formatPrincipalName({ ...name, host: inLowerCase(name.host) })
}

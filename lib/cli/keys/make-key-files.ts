import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { generateSigningKey } from '../../keys/generate-signing-key.ts'
import { readSigningKey, type SigningKey } from '../../keys/signing-key.ts'
import { CommandFailure } from '../command-failure.ts'
import type { CommandContext } from '../command-io.ts'
import { pathFromConfig } from '../file/read-authorities.ts'

/** What a new key is made with. */
export interface KeyFileOptions {
  /** The subject of the certificate. */
  readonly name?: string
  /** How many days the certificate is valid, as it was written. Default 1825. */
  readonly days?: string
  /** The folder for the files. Default `keys`. */
  readonly out?: string
}

/** A new key, in files. */
export interface KeyFiles {
  readonly key: SigningKey
  /** As a configuration file names them. */
  readonly references: {
    readonly privateKey: { readonly file: string }
    readonly certificate: { readonly file: string }
  }
}

/**
 * Makes a key pair and writes it into two files that are named by its thumbprint: the private key for the owner of the
 * process alone (mode 0600, the folder 0700 where it is new).
 *
 * @throws CommandFailure, ConfigurationError
 */
export async function makeKeyFiles(options: KeyFileOptions, { io, configFile }: CommandContext): Promise<KeyFiles> {
  const { name = 'passport-s2s', days, out = 'keys' } = options
  const made = await generateSigningKey({
    commonName: name,
    clock: io.clock,
    ...(days === undefined ? {} : { days: Number(days) }),
  })
  const key = readSigningKey(made, 'the new key')
  const folder = resolve(io.cwd, out)
  const base = join(folder, `s2s-${Buffer.from(key.x5tS256, 'base64url').toString('hex').slice(0, 12)}`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(`${base}.key.pem`, made.privateKey, { mode: 0o600, flag: 'wx' })
    await writeFile(`${base}.pem`, made.certificate, { mode: 0o644, flag: 'wx' })
  } catch (cause) {
    throw new CommandFailure(
      `${folder} cannot be written (${(cause as NodeJS.ErrnoException).code ?? ''})`,
      undefined,
      { cause },
    )
  }
  const reference = (file: string): { file: string } => ({ file: pathFromConfig(file, configFile) })
  return { key, references: { privateKey: reference(`${base}.key.pem`), certificate: reference(`${base}.pem`) } }
}

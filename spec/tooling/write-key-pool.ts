import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { keyPoolVariable, makeKeyPair, privateKeyToPem } from '../support/key-pairs.ts'

/** Makes the RSA keys of one run, for the processes that this one starts. The folder is for this run only and goes with it. */
export function writeKeyPool(folder: string): void {
  const file = join(folder, 'keys.json')
  const keys = Array.from({ length: 10 }, () => privateKeyToPem(makeKeyPair('rsa2048').privateKey))
  writeFileSync(file, JSON.stringify(keys), { mode: 0o600 })
  process.env[keyPoolVariable] = file
}

import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

/** Counts what the code under test asks of `node:crypto`. */
export interface CryptoCalls {
  readonly signatureChecks: number
  readonly keyImports: number
}

const calls = { signatureChecks: 0, keyImports: 0 }
const { verify, createVerify, createPublicKey } = crypto

/** From here on every module of this process has its calls counted; they cost a little more than before. */
export function countCryptoCalls(): void {
  const counting =
    <Given extends unknown[], Result>(member: keyof typeof calls, call: (...given: Given) => Result) =>
    (...given: Given): Result => {
      calls[member] += 1
      return call(...given)
    }
  Object.assign(crypto, {
    verify: counting('signatureChecks', verify),
    createVerify: counting('signatureChecks', createVerify),
    createPublicKey: counting('keyImports', createPublicKey),
  })
  syncBuiltinESMExports()
}

/** How often each was called while `work` ran. */
export async function callsDuring(work: () => unknown): Promise<CryptoCalls> {
  const before = { ...calls }
  await work()
  return {
    signatureChecks: calls.signatureChecks - before.signatureChecks,
    keyImports: calls.keyImports - before.keyImports,
  }
}

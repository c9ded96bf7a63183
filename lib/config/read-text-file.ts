import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/** Longest accepted file, in bytes. */
export const maximumFileBytes: number = 512 * 1024

/**
 * Reads a small text file once: what is checked and what is used are the same bytes, whatever becomes of the file. Devices
 * and pipes are refused, and never waited for.
 *
 * @throws Error whose message says what is wrong, without the path and without content
 */
export async function readTextFile(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw new Error(`cannot be read (${codeOf(cause)})`, { cause })
  })
  try {
    if (!(await handle.stat()).isFile()) throw new Error('is no file')
    return decode(await readWhole(handle))
  } finally {
    await handle.close()
  }
}

type Handle = Awaited<ReturnType<typeof open>>

async function readWhole(handle: Handle): Promise<Buffer> {
  const buffer = Buffer.alloc(maximumFileBytes + 1)
  let length = 0
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length)
    length += bytesRead
    if (length > maximumFileBytes) throw new Error(`is longer than ${maximumFileBytes} bytes`)
    if (bytesRead === 0) return buffer.subarray(0, length)
  }
}

/** A byte order mark at the beginning is taken off. */
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new Error('is not UTF-8', { cause })
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown'
}

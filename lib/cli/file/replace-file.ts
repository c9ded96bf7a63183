import { randomUUID } from 'node:crypto'
import { chown, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { CommandFailure } from '../command-failure.ts'

/** What a new file may be: read by everybody, written by its owner. */
const newFileMode = 0o644

/**
 * Puts a text in the place of a file at once: readers see the old or the new one, never a part. Mode and owner stay as
 * they were; a symbolic link stays one, and the file it leads to is replaced.
 *
 * @throws CommandFailure
 */
export async function replaceFile(file: string, content: string): Promise<void> {
  try {
    await replace(await targetOf(file), content)
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException
    throw new CommandFailure(`${file} cannot be written (${code}); nothing was changed`, undefined, { cause })
  }
}

/** A file that is not there yet is made where it is named. */
function targetOf(file: string): Promise<string> {
  return realpath(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return file
    throw error
  })
}

async function replace(file: string, content: string): Promise<void> {
  const before = await stat(file).catch(() => undefined)
  const beside = `${file}.${randomUUID()}.tmp`
  const handle = await open(beside, 'wx', 0o600)
  try {
    try {
      await handle.writeFile(content)
      await handle.chmod(before === undefined ? newFileMode : before.mode & 0o7777)
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (before !== undefined) await keepOwner(beside, before)
    await rename(beside, file)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

/** Only who runs this as another user than the owner needs it, and may do it. */
async function keepOwner(beside: string, before: { readonly uid: number; readonly gid: number }): Promise<void> {
  const made = await stat(beside)
  if (made.uid !== before.uid || made.gid !== before.gid) await chown(beside, before.uid, before.gid)
}

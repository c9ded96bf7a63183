import { CommandFailure } from './command-failure.ts'
import { exitCodes, type CommandContext } from './command-io.ts'
import { printable } from './print/printable.ts'

/**
 * Asks before something is done that others will rely on. Only `y` and `yes` are a yes.
 *
 * @throws CommandFailure when the answer is no, and where nobody can be asked and `--yes` was not given
 */
export async function confirm(
  question: string,
  { io, yes }: Pick<CommandContext, 'io' | 'yes'>,
  about: readonly string[] = [],
): Promise<void> {
  if (yes) return
  if (!io.isInteractive) throw new CommandFailure('nobody can be asked here; look at it first, then add --yes')
  io.note(about.map((line) => `${printable(line)}\n`).join(''))
  const answer = await io.ask(`${printable(question)} [y/N] `)
  if (/^y(es)?$/i.test(answer.trim())) return
  throw new CommandFailure('nothing was changed', exitCodes.found)
}

import type { Command } from 'commander'
import { collect } from '../collect.ts'
import type { Runner } from '../create-runner.ts'
import type { SelfParts } from '../file/begin-self.ts'
import { keysGenerate } from './keys-generate.ts'
import { keysRoll } from './keys-roll.ts'
import { keysShow } from './keys-show.ts'
import type { KeyFileOptions } from './make-key-files.ts'

/** Adds `keys generate`, `roll` and `show`. */
export function addKeysCommands(program: Command, { add }: Runner): void {
  const keys = program.command('keys').description("This server's own signing keys.")
  const generate = add<KeyFileOptions & SelfParts>(
    keys,
    { usage: 'generate', description: 'make the first signing key' },
    (context, _parameters, options) => keysGenerate(context, options),
  )
    .option('--host <host>', 'a new file: the host names callers use for this server (may be repeated)', collect)
    .option('--client-id <id>', 'a new file: the principal identifier of this server (default: a new GUID)')
    .option('--realm <realm>', 'a new file: the realm of this server (default: a new GUID)')
  const roll = add<KeyFileOptions>(
    keys,
    { usage: 'roll', description: 'do the step of a roll-over that is due' },
    (context, _parameters, options) => keysRoll(context, options),
  )
  for (const command of [generate, roll]) {
    command
      .option('--name <name>', 'subject of the certificate (default: the first host)')
      .option('--days <days>', 'how long it is valid (default: 1825)')
      .option('--out <folder>', 'where the files go (default: keys)')
  }
  add(keys, { usage: 'show', description: 'the certificates, and how far a roll-over is' }, keysShow)
}

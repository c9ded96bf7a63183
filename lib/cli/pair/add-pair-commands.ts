import type { Command } from 'commander'
import { collect } from '../collect.ts'
import type { Runner } from '../create-runner.ts'
import { pairExport, type PairExportOptions } from './pair-export.ts'
import { pairCommands, pairImport } from './pair-import.ts'

/** Adds `pair export`, `import` and `commands`. */
export function addPairCommands(program: Command, { add }: Runner): void {
  const pair = program.command('pair').description('Both directions with one other server, in one bundle.')
  add<PairExportOptions>(
    pair,
    { usage: 'export <name>', description: 'write a bundle; no secrets, and nothing is trusted yet' },
    (context, [name = ''], options) => pairExport(context, name, options),
  )
    .requiredOption('--url <url>', 'https://host of the other server')
    .option('--product <product>', 'sharepoint, exchange, skype or other (default: other)')
    .option('--id <id>', 'its principal identifier, for other')
    .option('--realm <realm>', 'its realm (default: it is asked)')
    .option('--origin <url>', 'https://host:port of our metadata (default: the first host)')
    .option('--grant <permission>', 'what it may do here (may be repeated)', collect)
    .option('--site <url>', 'SharePoint: webs where this server may do something (may be repeated)', collect)
    .option('--right <right>', 'Read, Write, Manage or FullControl there (default: Read)')
    .option('--app-only', 'also without a user, on both sides')
    .option('--commands', 'print the commands for its administrator instead')
    .option('--out <file>', 'write to a file')
  add(
    pair,
    { usage: 'import <file>', description: 'write our side of a bundle into the configuration; - for the input' },
    (context, [file = '']) => pairImport(context, file),
  )
  add(
    pair,
    { usage: 'commands <file>', description: 'the commands for the other administrator, from a bundle' },
    (context, [file = '']) => pairCommands(context, file),
  )
}

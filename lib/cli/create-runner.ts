import type { Command } from 'commander'
import { resolve } from 'node:path'
import type { CommandContext, CommandIo, CommandResult } from './command-io.ts'

/** Takes what a command found. */
export type Report = (result: CommandResult, isJson: boolean) => void

/** The options every command has. */
interface CommonOptions {
  readonly config: string
  readonly ca?: string
  readonly json?: boolean
  readonly yes?: boolean
}

/** What a command does with its arguments and options, as commander read them. */
export type Work<Options> = (
  context: CommandContext,
  parameters: readonly string[],
  options: Options,
) => Promise<CommandResult>

/** Adds one command: its syntax such as `add <name> <url>`, and what it does. */
export interface Runner {
  add<Options = object>(this: void, parent: Command, syntax: CommandSyntax, work: Work<Options>): Command
}

/** How a command is written. */
export interface CommandSyntax {
  /** Such as `add <name> <url>`. */
  readonly usage: string
  readonly description: string
}

/** Creates what adds commands that all read the same common options. */
export function createRunner(io: CommandIo, report: Report): Runner {
  return {
    add: (parent, { usage, description }, work) =>
      parent
        .command(usage)
        .description(description)
        .option('-c, --config <file>', 'the configuration file', 's2s.config.json')
        .option('--ca <file>', 'certificates (PEM) to trust instead of the well-known authorities')
        .option('--json', 'write JSON')
        .option('-y, --yes', 'do not ask')
        .action(async (...given: readonly unknown[]) => {
          const command = given.at(-1) as Command
          const { config, ca, json = false, yes = false, ...options } = command.opts<CommonOptions>()
          const context: CommandContext = {
            io,
            configFile: resolve(io.cwd, config),
            ...(ca === undefined ? {} : { caFile: resolve(io.cwd, ca) }),
            yes,
          }
          report(await work(context, command.processedArgs.flat() as string[], options as never), json)
        }),
  }
}

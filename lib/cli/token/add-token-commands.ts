import type { Command } from 'commander'
import type { Runner } from '../create-runner.ts'
import { tokenDecode } from './token-decode.ts'
import { tokenMint, type TokenMintOptions } from './token-mint.ts'

/** Adds `token mint` and `token decode`. */
export function addTokenCommands(program: Command, { add }: Runner): void {
  const token = program.command('token').description('Tokens, one at a time.')
  add<TokenMintOptions>(
    token,
    { usage: 'mint <client>', description: 'make a token for one of "clients" with our own key, and print it' },
    (context, [name = ''], options) => tokenMint(context, name, options),
  )
    .option('--lifetime <seconds>', 'at least 60 (default: 300)')
    .option('--upn <upn>', 'the user it is for (default: this application itself)')
  add(
    token,
    { usage: 'decode <file>', description: 'show a token from a file, or - for the input; proves nothing' },
    (context, [file = '']) => tokenDecode(context, file),
  )
}

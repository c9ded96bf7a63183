import type { Command } from 'commander'
import type { Runner } from '../create-runner.ts'
import { examineServer, type ExamineServerOptions } from './examine-server.ts'
import { examineToken } from './examine-token.ts'

/** Adds `doctor`. */
export function addDoctorCommand(program: Command, { add }: Runner): void {
  add<ExamineServerOptions & { readonly token?: string }>(
    program,
    { usage: 'doctor', description: 'what is wrong: with the configuration and its issuers, or with one token' },
    (context, _parameters, { token, ...options }) =>
      token === undefined ? examineServer(context, options) : examineToken(context, token),
  )
    .option('--token <file>', 'why this token is accepted or refused; - for the input')
    .option('--trust-proxy <value>', "Express's trust proxy, as it is set in code")
    .option('--behind-proxy', 'TLS ends at a proxy in front')
    .option('--strict', 'warnings count as wrong')
}

import type { Finding } from '../../doctor/finding.ts'
import { checkServer } from '../../doctor/server/check-server.ts'
import { checkTrust } from '../../doctor/trust/check-trust.ts'
import { exitCodes, type CommandContext, type CommandResult } from '../command-io.ts'
import { readExamined, type Examined } from './read-examined.ts'

/** Options of `doctor` without a token. */
export interface ExamineServerOptions {
  /** Express's `trust proxy`, as it is set in code: `true`, a number, or addresses. */
  readonly trustProxy?: string
  /** TLS ends at a proxy in front. */
  readonly behindProxy?: boolean
  /** Warnings count as something wrong, too. */
  readonly strict?: boolean
}

/**
 * Looks at the configuration, and at each trusted issuer over the network.
 *
 * @throws CommandFailure, ConfigurationError
 */
export async function examineServer(context: CommandContext, options: ExamineServerOptions): Promise<CommandResult> {
  const examined = await readExamined(context)
  const findings = [...checkTables(examined, options), ...(await checkTrust(examined.options))]
  const isWrong = findings.some(({ severity }) => severity === 'error' || (severity === 'warning' && options.strict))
  return {
    value: findings,
    lines: findings.flatMap(describe),
    exitCode: isWrong ? exitCodes.found : exitCodes.ok,
  }
}

/** What is found whatever the table is is told once. */
function checkTables({ options, tables, resourceOptions }: Examined, given: ExamineServerOptions): readonly Finding[] {
  const way = {
    ...(given.trustProxy === undefined ? {} : { trustProxy: readTrustProxy(given.trustProxy) }),
    ...(given.behindProxy === true ? { isBehindProxy: true } : {}),
    ...(resourceOptions === undefined ? {} : { resourceOptions }),
  }
  const checked =
    tables.length === 0
      ? [checkServer(way, options)]
      : tables.map((resources) => checkServer({ ...way, resources }, options))
  return [...new Map(checked.flat().map((finding) => [finding.sentence, finding])).values()]
}

/** As it would stand in code: `true` and numbers are no addresses. */
function readTrustProxy(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^\d+$/.test(text) ? Number(text) : text
}

const marks = { ok: 'ok     ', warning: 'warning', error: 'ERROR  ' } as const

function describe({ severity, issuer, sentence, fix }: Finding): readonly string[] {
  const line = `${marks[severity]}  ${issuer === undefined ? '' : `${issuer}: `}${sentence}`
  return fix === '' ? [line] : [line, `         ${fix}`]
}

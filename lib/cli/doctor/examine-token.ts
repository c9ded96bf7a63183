import { explainToken, type TokenExplanation } from '../../doctor/explain-token.ts'
import type { TokenCheck } from '../../doctor/token-checks.ts'
import type { ResourceExplanation } from '../../doctor/explain-resources.ts'
import { exitCodes, type CommandContext, type CommandResult } from '../command-io.ts'
import { printTable } from '../print/print-table.ts'
import { readTokenText } from '../token/token-decode.ts'
import { readExamined } from './read-examined.ts'

/**
 * Says why this server accepts or refuses a token, from a file or of `-` from the standard input.
 *
 * @throws CommandFailure, ConfigurationError
 */
export async function examineToken(context: CommandContext, file: string): Promise<CommandResult> {
  const text = await readTokenText(context, file)
  const { options, tables } = await readExamined(context)
  const [resources] = tables
  const explained = await explainToken(options, text, resources === undefined ? {} : { resources })
  return {
    value: explained,
    lines: describe(explained),
    exitCode: explained.accepted ? exitCodes.ok : exitCodes.found,
  }
}

function describe({ verdict, checks, beneath, resources = [] }: TokenExplanation): readonly string[] {
  const rows = printTable([
    ['CHECK', 'OUTCOME', 'FOUND'],
    ...checks.map((check) => [check.check, check.outcome, check.found]),
  ])
  return [
    verdict,
    '',
    ...rows.flatMap((row, index) => [row, ...expectation(checks[index - 1])]),
    ...(beneath === undefined ? [] : ['', `Without what stands around it: ${beneath.verdict}`]),
    ...(resources.length === 0 ? [] : ['', ...resources.map(describeResource)]),
  ]
}

/** What was expected is of interest where it was not found; all of it is in `--json`. */
function expectation(check: TokenCheck | undefined): readonly string[] {
  return check?.outcome === 'failed' ? [`  expected: ${check.expected}`] : []
}

function describeResource(explained: ResourceExplanation): string {
  const { resource, outcome } = explained
  return `${resource}: ${outcome}${'cause' in explained ? `, ${explained.cause}` : ''}`
}

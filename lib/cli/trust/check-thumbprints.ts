import { parsePins } from '../../trust/certificate-pins.ts'
import { CommandFailure } from '../command-failure.ts'
import { exitCodes } from '../command-io.ts'
import type { InspectedKey } from './inspect-server.ts'

/**
 * Checks that every key of a document was named: a thumbprint beside another key would prove nothing, because whoever
 * forges a document copies the public certificate into it.
 *
 * @throws CommandFailure; ConfigurationError `ERR_S2S_OPTION_INVALID` for what is no thumbprint
 */
export function checkThumbprints(thumbprints: readonly string[], keys: readonly InspectedKey[]): void {
  const pins = parsePins(thumbprints, '--thumbprint')
  const foreign = keys.find((key) => !pins.has(key))
  if (foreign === undefined) return
  const shown = Buffer.from(foreign.x5tS256, 'base64url').toString('hex').toUpperCase()
  throw new CommandFailure(
    `the document has a key that was not named: ${shown} (${foreign.name}); ask the other administrator, then give one --thumbprint for each key`,
    exitCodes.found,
  )
}

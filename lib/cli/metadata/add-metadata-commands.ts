import type { Command } from 'commander'
import type { Runner } from '../create-runner.ts'
import { metadataFetch } from './metadata-fetch.ts'
import { metadataShow, type MetadataShowOptions } from './metadata-show.ts'

/** Adds `metadata fetch` and `metadata show`. */
export function addMetadataCommands(program: Command, { add }: Runner): void {
  const metadata = program.command('metadata').description('What servers say of themselves.')
  add(
    metadata,
    { usage: 'fetch <url>', description: 'what another server says; nothing is written' },
    (context, [url = '']) => metadataFetch(context, url),
  )
  add<MetadataShowOptions>(
    metadata,
    { usage: 'show', description: 'what this server publishes' },
    (context, _parameters, options) => metadataShow(context, options),
  )
    .option('--origin <url>', 'https://host:port of this server (default: the first host)')
    .option('--product <product>', 'sharepoint, exchange or skype (default: sharepoint)')
}

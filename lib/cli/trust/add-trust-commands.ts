import type { Command } from 'commander'
import { collect } from '../collect.ts'
import type { Runner } from '../create-runner.ts'
import { trustAdd, type TrustAddOptions } from './trust-add.ts'
import { trustList } from './trust-list.ts'
import { trustRemove } from './trust-remove.ts'
import { trustShow } from './trust-show.ts'
import { trustResume, trustSuspend } from './trust-suspend.ts'

/** Adds `trust add`, `list`, `show`, `remove`, `suspend` and `resume`. */
export function addTrustCommands(program: Command, runner: Runner): void {
  const { add } = runner
  const trust = program.command('trust').description('Whom this server believes.')
  addTrustAdd(trust, runner)
  add(trust, { usage: 'list', description: 'who is trusted, and who is suspended' }, trustList)
  add(
    trust,
    { usage: 'show <name>', description: 'one trusted issuer, and the keys it has now' },
    (context, [name = '']) => trustShow(context, name),
  )
  add(
    trust,
    { usage: 'remove <name>', description: 'stop believing it, and take back its grants' },
    (context, [name = '']) => trustRemove(context, name),
  )
  add(
    trust,
    { usage: 'suspend <name>', description: 'stop believing it until it is resumed' },
    (context, [name = '']) => trustSuspend(context, name),
  )
  add(trust, { usage: 'resume <name>', description: 'believe it again' }, (context, [name = '']) =>
    trustResume(context, name),
  )
}

function addTrustAdd(trust: Command, { add }: Runner): void {
  add<TrustAddOptions>(
    trust,
    {
      usage: 'add <name> <url>',
      description: 'believe another server, from its metadata or discovery document; or microsoft365 --tenant <id>',
    },
    (context, [name = '', url = ''], options) => trustAdd(context, [name, url], options),
  )
    .option(
      '--thumbprint <thumbprint>',
      'instead of a question: every key it may have, SHA-1 or SHA-256 (may be repeated)',
      collect,
    )
    .option('--pin', 'take no other key from it, ever')
    .option('--realms <realm>', 'the realms to believe, of a document for all realms (*) (may be repeated)', collect)
    .option('--tenant <id>', 'microsoft365: the tenant to believe (may be repeated)', collect)
    .option('--cloud <cloud>', 'microsoft365: global, usgov or china (default: global)')
    .option('--host <host>', 'a new file: the host names callers use for this server (may be repeated)', collect)
    .option('--client-id <id>', 'a new file: the principal identifier of this server (default: a new GUID)')
    .option('--realm <realm>', 'a new file: the realm of this server (default: a new GUID)')
    .option('--audience <audience>', 'OAuth, a new file: what tokens for this server carry in "aud"')
}

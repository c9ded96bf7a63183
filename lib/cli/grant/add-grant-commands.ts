import type { Command } from 'commander'
import type { Runner } from '../create-runner.ts'
import { grantAdd, type GrantOptions } from './grant-add.ts'
import { grantList } from './grant-list.ts'
import { grantRemove } from './grant-remove.ts'

/** Adds `grant add`, `remove` and `list`. */
export function addGrantCommands(program: Command, { add }: Runner): void {
  const grant = program.command('grant').description('What S2S applications may do here.')
  const application = ['--application <id>', 'id or id@realm (default: the issuer itself)'] as const
  add<GrantOptions>(
    grant,
    { usage: 'add <issuer> <permission...>', description: 'grant permissions; a right is written lists:Write' },
    grantAdd,
  )
    .option(...application)
    .option('--app-only', 'also without a user')
    .option('--container <path>', 'only there')
    .option('--tenant <id>', 'of which tenant of microsoft365, where there are several')
  add<GrantOptions>(
    grant,
    { usage: 'remove <issuer> [permission...]', description: 'take permissions back; all, when none is named' },
    grantRemove,
  ).option(...application)
  add(grant, { usage: 'list', description: 'all grants' }, grantList)
}

import type { Command } from 'commander'
import { collect } from '../collect.ts'
import type { Runner } from '../create-runner.ts'
import { policyAdd, type PolicyAddOptions } from './policy-add.ts'
import { policyCheck, type PolicyCheckOptions } from './policy-check.ts'
import { policyExplain, type PolicyExplainOptions } from './policy-explain.ts'
import { policyList } from './policy-list.ts'
import { policyRemove } from './policy-remove.ts'
import type { TableChoice } from './edit-table.ts'

/** Adds `policy add`, `remove`, `check`, `list` and `explain`. */
export function addPolicyCommands(program: Command, { add }: Runner): void {
  const policy = program.command('policy').description('What resources require.')
  const table = ['--table <name>', 'one of "resourceTables" (default: "resources")'] as const
  add<PolicyAddOptions>(
    policy,
    { usage: 'add <resource> <required...>', description: 'what a resource such as "GET /reports/:id" requires' },
    policyAdd,
  )
    .option('--any', 'one of the scopes is enough')
    .option('--app-role <role>', 'what applications on their own need, in the place of the scope')
    .option('--before <resource>', 'in front of which entry: the first that matches decides (default: the last)')
    .option(...table)
  add<TableChoice>(
    policy,
    { usage: 'remove <resource>', description: 'take the entry of a resource out of the table' },
    policyRemove,
  ).option(...table)
  add<PolicyCheckOptions>(
    policy,
    { usage: 'check', description: 'whether every route has a rule and every rule a route' },
    (context, _parameters, options) => policyCheck(context, options),
  )
    .option('--app <file>', 'a module that exports the Express application as app, and s2s; it is run')
    .option('--allow <name>', 'what is meant to be uncovered, by name (may be repeated)', collect)
  add(policy, { usage: 'list', description: 'what each resource of the configuration requires' }, policyList)
  add<PolicyExplainOptions>(
    policy,
    { usage: 'explain <method> <path>', description: 'which entries judge a request' },
    (context, [method = '', path = ''], options) => policyExplain(context, [method, path], options),
  ).option(...table)
}

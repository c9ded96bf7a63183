import type { Command } from 'commander'
import { collect } from '../collect.ts'
import type { Runner } from '../create-runner.ts'
import { policyCheck, type PolicyCheckOptions } from './policy-check.ts'
import { policyExplain, type PolicyExplainOptions } from './policy-explain.ts'
import { policyList } from './policy-list.ts'

/** Adds `policy check`, `list` and `explain`. */
export function addPolicyCommands(program: Command, { add }: Runner): void {
  const policy = program.command('policy').description('What resources require.')
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
  ).option('--table <name>', 'one of "resourceTables" (default: "resources")')
}

// The decision alone has no public face: these modules are read from the compiled package.
import { createResourceGuard, type ResourceGuard } from '../../../../dist/express/resource-guard.js'
import { decide } from '../../../../dist/permissions/decide.js'
import { createPermissionSet } from '../../../../dist/permissions/scope.js'
import { resourceTable } from '../../contenders/our-server.ts'
import { answerParent } from '../../processes/answer-parent.ts'
import type { Finding, TopicEffort } from '../finding.ts'
import { measureCpu, medianOfRounds, type Candidate } from '../measure-cpu.ts'

const operations = 100_000
const effective = { source: 'token', permissions: createPermissionSet(['reports.read']) } as const

/** Which entry of the table a request meets, and whether its caller may pass. */
answerParent(async ({ rounds }: TopicEffort): Promise<readonly Finding[]> => {
  const costs = await measureCpu([decisions('ten', 10), decisions('thousand', 1000)], rounds)
  return [
    { name: 'decision, 10 resources', value: medianOfRounds(costs, ({ ten }) => ten), unit: 'us' },
    { name: 'decision, 1,000 resources', value: medianOfRounds(costs, ({ thousand }) => thousand), unit: 'us' },
    {
      name: 'decision, 1,000 resources, 10 resources = 1',
      value: medianOfRounds(costs, ({ ten, thousand }) => thousand / ten),
      unit: 'x',
    },
  ]
})

function decisions<Name extends string>(name: Name, resources: number): Candidate & { readonly name: Name } {
  const guard = createResourceGuard(resourceTable({ resources }))
  const paths = Array.from({ length: 1000 }, (_, index) => `/reports/${index}`)
  return {
    name,
    operations,
    run: () => {
      let allowed = 0
      for (let index = 0; index < operations; index += 1)
        allowed += decideOne(guard, paths[index % paths.length] ?? '/')
      if (allowed !== operations) throw new Error(`${name}: a decision was not what was expected`)
    },
  }
}

function decideOne({ table }: ResourceGuard, path: string): number {
  const entries = table.find('GET', path)
  let allowed = 0
  for (const { requirement } of entries) {
    if (requirement.type === 'function') throw new Error('no functions here')
    if (decide({ requirement, kind: 'app', effective }).allowed) allowed += 1
  }
  return allowed
}

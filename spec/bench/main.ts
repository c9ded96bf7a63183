import { cpus } from 'node:os'
import { writeFileSync } from 'node:fs'
import { readBenchOptions, usage, type BenchOptions } from './bench-options.ts'
import { runHttp } from './http/run-http.ts'
import { runInProcess } from './in-process/run-in-process.ts'
import { installLocked } from '../tooling/install-locked.ts'
import { goalTable } from './report/goals.ts'
import { ratioTables } from './report/ratio-tables.ts'
import { makeBenchWorld } from './world/bench-world.ts'

const options = readBenchOptions(process.argv.slice(2))
if (options === undefined) console.log(usage)
else await runBench(options)

/** Installs the peers, measures everything that is wanted, and prints Markdown. Progress goes to stderr. */
async function runBench({ effort, isQuick, scenario, json }: BenchOptions): Promise<void> {
  installLocked(import.meta.dirname)
  const isNamed = ({ name }: { readonly name: string }): boolean => scenario === undefined || name.includes(scenario)
  const say = (text: string): void => {
    console.error(`${new Date().toISOString().slice(11, 19)} ${text}`)
  }
  const world = await makeBenchWorld()
  try {
    const http = await runHttp(world, { effort, isWanted: isNamed, say })
    const inProcess = await runInProcess({ rounds: effort.rounds, isQuick, isWanted: isNamed, say })
    const header = `Node ${process.version}, ${cpus().length} cores, ${effort.rounds} rounds of ${effort.requests} requests, medians.`
    console.log(
      [header, ...(http.length === 0 ? [] : [ratioTables(http)]), '### Goals', goalTable(http, inProcess)].join('\n\n'),
    )
    if (json !== undefined)
      writeFileSync(json, JSON.stringify({ node: process.version, effort, http, inProcess }, null, 2))
  } finally {
    await world.close()
  }
}

import { contenders, contenderNames } from '../contenders.ts'
import type { ContenderResult, ScenarioResult } from '../http/http-result.ts'
import { formatRatio, markdownTable } from './markdown.ts'

interface Column {
  readonly title: string
  readonly valueOf: (result: ContenderResult, base: ContenderResult) => number
}

const columns: readonly Column[] = [
  { title: 'CPU time of the server per request', valueOf: ({ ratios }) => ratios.cpu },
  { title: 'Requests per second', valueOf: ({ ratios }) => ratios.requestsPerSecond },
  { title: 'p99 latency', valueOf: ({ ratios }) => ratios.p99 },
  { title: 'Memory (rss) after everything up to', valueOf: (result, base) => result.rssBytes / base.rssBytes },
]

/** One table for each thing that was measured: ways to guard down, scenarios across, all relative to bare Express. */
export function ratioTables(results: readonly ScenarioResult[]): string {
  return columns.map((column) => `### ${column.title}, bare Express = 1\n\n${ratioTable(results, column)}`).join('\n\n')
}

function ratioTable(all: readonly ScenarioResult[], { valueOf }: Column): string {
  const results = all.filter(({ contenders: [base] }) => base !== undefined && !Number.isNaN(valueOf(base, base)))
  const titles = new Set(contenderNames.map((name) => contenders[name].title))
  const rows = [...titles].map((title) => [title, ...results.map((result) => cell(result, title, valueOf))])
  return markdownTable(
    ['', ...results.map(({ scenario }) => scenario)],
    rows.filter((row) => row.slice(1).some((text) => text !== '')),
  )
}

function cell({ contenders: all }: ScenarioResult, title: string, valueOf: Column['valueOf']): string {
  const [base] = all
  const own = all.find(({ contender }) => contenders[contender].title === title)
  return base === undefined || own === undefined ? '' : formatRatio(valueOf(own, base))
}

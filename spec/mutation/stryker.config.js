import { join } from 'node:path'

/** Read by Stryker, which main.ts starts; main.ts says what is mutated and where the reports go. */
const folder = process.env.PASSPORT_S2S_MUTATION_FOLDER
const reports = process.env.PASSPORT_S2S_MUTATION_REPORTS

export default {
  mutate: [`lib/${folder}/**/*.ts`],
  testRunner: 'in-process',
  plugins: [join(import.meta.dirname, 'in-process-runner.js')],
  buildCommand: `node ${join(import.meta.dirname, 'build-specs.js')}`,
  coverageAnalysis: 'perTest',
  incremental: true,
  incrementalFile: join(reports, `${folder}-incremental.json`),
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportMutants: true },
  jsonReporter: { fileName: join(reports, `${folder}.json`) },
  thresholds: { high: 95, low: 90, break: 90 },
  concurrency: 1,
  // Generous, for a busy machine must not look like a mutant without end: most of those end by Stryker's count of hits.
  timeoutMS: 60_000,
  maxTestRunnerReuse: 300,
  tempDirName: process.env.PASSPORT_S2S_MUTATION_SANDBOX,
  symlinkNodeModules: false,
  // Only what the unit specs need goes into the sandbox.
  ignorePatterns: [
    '**',
    '!lib/**',
    '!spec/**',
    '!package.json',
    '!tsconfig.json',
    'spec/{attacks,bench,contract,flows,fuzz,mutation}',
    'spec/*/differential-*.spec.ts',
  ],
}

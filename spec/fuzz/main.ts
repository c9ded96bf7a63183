import { makeFuzzTargets } from './fuzz-targets.ts'
import { runFuzz } from './run-fuzz.ts'

/** `npm run fuzz`: minutes by default, hours on request; see `usage` in fuzz-options.ts. */
process.exitCode = await runFuzz(process.argv.slice(2), await makeFuzzTargets(), (text) => {
  console.log(text)
})

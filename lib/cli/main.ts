#!/usr/bin/env node
import process from 'node:process'
import { createProcessIo } from './process-io.ts'
import { runCommandLine } from './run-command-line.ts'

void runCommandLine(process.argv.slice(2), createProcessIo(process)).then((exitCode) => {
  process.exitCode = exitCode
  // An application that `policy check` loaded may listen by now; nothing else waits for this.
  setTimeout(() => process.exit(), 200).unref()
})

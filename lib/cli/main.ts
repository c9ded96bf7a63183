#!/usr/bin/env node
import process from 'node:process'
import { createProcessIo } from './process-io.ts'
import { runCommandLine } from './run-command-line.ts'

void runCommandLine(process.argv.slice(2), createProcessIo(process)).then((exitCode) => {
  process.exitCode = exitCode
})

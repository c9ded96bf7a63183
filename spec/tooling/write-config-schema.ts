import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeConfigJsonSchema } from './config-json-schema.ts'

/** Writes the JSON Schema of configuration files into the build, where editors find it in the package. */
const file = join(import.meta.dirname, '..', '..', 'dist', 's2s.config.schema.json')
mkdirSync(dirname(file), { recursive: true })
writeFileSync(file, `${JSON.stringify(makeConfigJsonSchema())}\n`)

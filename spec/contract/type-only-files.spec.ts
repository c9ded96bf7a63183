import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import typescript, { type CompilerOptions } from 'typescript'
import { root } from '../support/readme.ts'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { c8: { exclude: string[] } }
// The built copy of a file with a dynamic import cannot be mapped back to its source once tsx has rewritten it: the source
// itself is measured.
const excluded = manifest.c8.exclude.filter((file) => file !== '**/*.d.ts' && !file.startsWith('dist/'))
const compilerOptions: CompilerOptions = {
  module: typescript.ModuleKind.ESNext,
  target: typescript.ScriptTarget.ES2023,
  verbatimModuleSyntax: true,
  removeComments: true,
}

describe('files that coverage leaves out', () => {
  for (const file of excluded) {
    it(`${file} holds types only`, () => {
      const { outputText } = typescript.transpileModule(readFileSync(join(root, file), 'utf8'), { compilerOptions })
      assert.equal(outputText.trim(), 'export {};')
    })
  }
})

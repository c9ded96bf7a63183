import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { runCommandLine } from '../../lib/cli/run-command-line.ts'
import type { CommandIo } from '../../lib/cli/command-io.ts'
import { runLine, runWords } from '../support/command-line.ts'
import { makeConfigFolder, type ConfigFolder } from '../support/config-folder.ts'

describe('runCommandLine', () => {
  let folder: ConfigFolder

  before(() => {
    folder = makeConfigFolder()
    folder.write('broken.json', '{ "trustedIssuers": [], }')
    folder.write('unknown.json', '{ "trustedIssuer": [] }')
  })
  after(() => {
    folder.remove()
  })

  it('helps, and names the exit codes', async () => {
    const { exitCode, out } = await runLine('--help', { cwd: folder.path })
    assert.equal(exitCode, 0)
    for (const word of ['trust', 'plan', 'doctor', 'Exit codes:', '70']) assert.ok(out.includes(word), word)
    assert.match((await runLine('--version', { cwd: folder.path })).out, /^\d+\.\d+\.\d+/)
  })

  for (const [name, line, note] of [
    ['a command without its second word', 'trust', /^Usage: passport-s2s trust/],
    ['an unknown command', 'trsut list', /unknown command 'trsut'[^]*Did you mean trust\?/],
    ['an unknown option', 'trust list --jsn', /Did you mean --json\?/],
    ['a missing argument', 'trust add farm', /missing required argument 'url'/],
    ['too many arguments', 'trust show a b', /too many arguments/],
    ['a missing file', 'trust list', /s2s\.config\.json does not exist; .*trust add NAME URL/],
    ['a file that is no JSON', 'plan -c broken.json', /broken\.json:1:25: no comma may stand before \}/],
    [
      'an unknown option in the file',
      'plan -c unknown.json',
      /did you mean `trustedIssuers`\?.*ERR_S2S_OPTION_UNKNOWN/,
    ],
  ] as const) {
    it(`refuses ${name} with the fix, and without a stack`, async () => {
      const { exitCode, out, notes } = await runLine(line, { cwd: folder.path })
      assert.deepEqual([exitCode, out, /\n\s+at /.test(notes)], [2, '', false])
      assert.match(notes, note)
    })
  }

  it('helps whoever gives no command', async () => {
    const { exitCode, out, notes } = await runWords([], { cwd: folder.path })
    assert.deepEqual([exitCode, out], [2, ''])
    assert.match(notes, /^Usage: passport-s2s/)
  })

  it('says of a fault of its own that it is one', async () => {
    let notes = ''
    const io: CommandIo = {
      cwd: folder.path,
      environment: {},
      clock: () => 0,
      isInteractive: false,
      out: () => undefined,
      note: (text) => {
        notes += text
      },
      ask: () => Promise.resolve(''),
      readInput: () => Promise.reject(new RangeError('out of luck')),
    }
    assert.equal(await runCommandLine(['token', 'decode', '-'], io), 70)
    assert.match(notes, /a fault of passport-s2s itself; please report it: RangeError: out of luck\n$/)
  })
})

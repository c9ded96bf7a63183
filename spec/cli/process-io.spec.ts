import assert from 'node:assert/strict'
import { PassThrough, Readable, Writable } from 'node:stream'
import { describe, it } from 'node:test'
import { CommandFailure } from '../../lib/cli/command-failure.ts'
import { createProcessIo, type HostProcess } from '../../lib/cli/process-io.ts'

interface Host {
  readonly process: HostProcess
  readonly written: Record<'stdout' | 'stderr', string>
}

function makeHost(stdin: Readable, isTerminal = false): Host {
  const written = { stdout: '', stderr: '' }
  const into = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        written[name] += chunk.toString()
        done()
      },
    })
  const process = {
    cwd: () => '/folder',
    env: { A: 'b' },
    stdin: Object.assign(stdin, { isTTY: isTerminal }),
    stdout: into('stdout'),
    stderr: Object.assign(into('stderr'), { isTTY: isTerminal }),
  }
  return { process: process as unknown as HostProcess, written }
}

describe('createProcessIo', () => {
  it('keeps results and notes apart', () => {
    const { process, written } = makeHost(Readable.from([]))
    const { out, note, cwd, environment, isInteractive } = createProcessIo(process)
    out('a')
    note('b')
    assert.deepEqual(
      [written, cwd, environment, isInteractive],
      [{ stdout: 'a', stderr: 'b' }, '/folder', { A: 'b' }, false],
    )
  })

  it('asks on the terminal, beside the results', async () => {
    const stdin = new PassThrough()
    const { process, written } = makeHost(stdin, true)
    const io = createProcessIo(process)
    const answer = io.ask('Sure? ')
    stdin.write('y\n')
    assert.equal(await answer, 'y')
    assert.deepEqual([io.isInteractive, written.stdout, written.stderr.includes('Sure? ')], [true, '', true])
  })

  it('reads the input, but not without end', async () => {
    assert.equal(await createProcessIo(makeHost(Readable.from(['a', 'b'])).process).readInput(), 'ab')
    const long = createProcessIo(makeHost(Readable.from(['a'.repeat(1024 * 1024 + 1)])).process)
    await assert.rejects(long.readInput(), CommandFailure)
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** What the assistant is to do, and as whom. */
export interface AssistantTask {
  /** The certificates that it trusts for https. */
  readonly ca: readonly string[]
  readonly url: string
  readonly tool: string
  readonly issuer: string
  readonly clientId: string
  readonly scope: string
  readonly clientSecret?: string
  readonly privateKeyPem?: string
}

/** What came of it. */
export interface AssistantResult {
  /** The names of the tools that it was offered. */
  readonly tools?: readonly string[]
  readonly content?: readonly { readonly text: string }[]
  /** What the SDK says when the call did not come about. */
  readonly failed?: string
  /** The HTTP status with that. */
  readonly code?: number
}

const program = fileURLToPath(new URL('./assistant.ts', import.meta.url))

/** Runs the assistant as a process of its own: the SDK trusts what Node trusts, and a process is told that at its start. */
export async function runAssistant(
  { ca, ...instructions }: AssistantTask,
  file: string = program,
): Promise<AssistantResult> {
  const folder = await mkdtemp(join(tmpdir(), 'passport-s2s-mcp-'))
  try {
    const caFile = join(folder, 'ca.pem')
    await writeFile(caFile, ca.join('\n'))
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), file], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile, ASSISTANT: JSON.stringify(instructions) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    const line = output.trim().split('\n').at(-1) ?? ''
    if (!line.startsWith('{')) throw new Error(`the assistant ended without an answer: ${errors}`)
    return JSON.parse(line) as AssistantResult
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

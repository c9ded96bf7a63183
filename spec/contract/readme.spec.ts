import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { failureTable } from '../../lib/doctor/failure-table.ts'
import { errorAnswers, errorCodes, type ErrorKind } from '../../lib/foundation/error-codes.ts'
import { answerOptionsShape } from '../../lib/express/guard-context.ts'
import { resourceMetadataShape } from '../../lib/express/resource-metadata-options.ts'
import { profileOptionsShape } from '../../lib/identity/rehydrate-user.ts'
import { clientOptionsSchema } from '../../lib/outgoing/client-options.ts'
import { oauthTokenShape } from '../../lib/outgoing/oauth-options.ts'
import { verifierOptionsShape } from '../../lib/permissions/caller-options.ts'
import { selfSchema } from '../../lib/trust/self.ts'
import { trustedIssuerSchema } from '../../lib/trust/issuer-schemas.ts'
import { readReadme, readmeCode, root } from '../support/readme.ts'
import { readFourAnswers } from '../support/vectors.ts'

const classes: Readonly<Record<ErrorKind, string>> = {
  configuration: 'ConfigurationError',
  request: 'RequestError',
  transport: 'RequestError',
  token: 'TokenError',
  proof: 'ProofError',
  nonce: 'ProofError',
  policy: 'PermissionError',
  identity: 'IdentityError',
  permission: 'PermissionError',
  unavailable: 'UnavailableError',
  outgoing: 'OutgoingError',
}

describe('README.md and its guides', () => {
  const folder = join(root, 'spec', 'contract', 'readme-code')
  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('keeps README.md short', () => {
    assert.ok(readFileSync(join(root, 'README.md'), 'utf8').split('\n').length <= 350)
  })

  it('names the two commands of a fresh machine', () => {
    const commands = readmeCode('sh').join('')
    assert.match(commands, /^npm ci && npm start$/m)
    assert.match(commands, /^npm ci && npm test$/m)
  })

  it('has code that compiles as it stands', () => {
    mkdirSync(folder, { recursive: true })
    for (const [index, code] of readmeCode('ts').entries()) writeFileSync(join(folder, `block-${index + 1}.ts`), code)
    // What the types of the MCP SDK name, and Node's do not. Whether the types of others are right, the compiler is asked elsewhere.
    const webTypes = '../../../example-app/web-fetch.d.ts'
    const compilerOptions = { types: ['node', 'passport'], declaration: false, skipLibCheck: true }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: '../../../tsconfig.json', compilerOptions, include: ['.', webTypes], exclude: [] }),
    )
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' })
    assert.equal(status, 0, stdout)
  })

  it('lists every error code with its class, answer and text', () => {
    const rows = new Map(
      [...readReadme().matchAll(/^\| `(ERR_S2S_\w+)` +\| (\w+) +\| (\d+) `(\w+)` +\| (.+?) +\|$/gm)].map(
        ([, code, ...cells]) => [code, cells],
      ),
    )
    assert.deepEqual([...rows.keys()], Object.keys(errorCodes))
    for (const [code, { kind, description }] of Object.entries(errorCodes)) {
      const { status, error } = errorAnswers[kind]
      assert.deepEqual(rows.get(code), [classes[kind], String(status), error, description], code)
    }
  })

  it('lists the usual causes of every error code, as the doctor has them', () => {
    const rows = [...readReadme().matchAll(/^\| `(ERR_S2S_\w+)` +\| ([^|\d].*?) +\| (.+?) +\|$/gm)].map((row) =>
      row.slice(1, 4),
    )
    const isCause = ([, cell = '']: readonly string[]): boolean => !/^\w+Error$/.test(cell.split(' | ')[0] ?? '')
    const expected = Object.entries(failureTable).flatMap(([code, causes]) =>
      causes.map(({ cause, fix }) => [code, cause, fix].map((text) => text.replaceAll('|', String.raw`\|`))),
    )
    assert.deepEqual(rows.filter(isCause), expected)
  })

  it('lists every audit event', () => {
    const source = readFileSync(join(root, 'lib', 'audit', 'audit-event.ts'), 'utf8')
    const names = [
      ...(source.split('export type AuditEventName')[1] ?? '')
        .split('\n\n', 1)
        .join()
        .matchAll(/'([a-z-]+\.[a-z-]+)'/g),
    ]
    assert.ok(names.length > 20)
    const [, section = ''] = readReadme().split('\n## Audit events\n')
    const rows = section.split('\n## ', 1).join()
    for (const [, name = ''] of names) assert.ok(rows.includes(`\`${name}\``), name)
  })

  it('shows the answers that curl gets, byte for byte', () => {
    const shown = readmeCode('http')
    const { protect, passport, passportWithErrorResponder, discovery } = readFourAnswers()
    const answers = [protect, passportWithErrorResponder, passport].flatMap((form) => Object.values(form))
    for (const lines of [...answers, discovery]) assert.ok(shown.includes(`${lines.join('\n')}\n`), lines.join('\n'))
    assert.equal(shown.length, answers.length + 1)
  })

  it('lists every option', () => {
    const serverOptions = [...Object.keys(verifierOptionsShape), ...Object.keys(answerOptionsShape), 'resourceMetadata']
    const issuerOptions = trustedIssuerSchema.options.flatMap((schema) => Object.keys(schema.shape))
    const partOptions = [
      selfSchema.shape,
      profileOptionsShape,
      clientOptionsSchema.shape,
      oauthTokenShape,
      resourceMetadataShape,
    ].flatMap((shape) => Object.keys(shape))
    const words = new Set([...readReadme().matchAll(/`([A-Za-z0-9]+)`/g)].map(([, word]) => word))
    // In code too, but also in a list of them or as a member of an example.
    const codeWords = new Set(
      [...readReadme().matchAll(/`[^`\n]+`|^ +\w+:/gm)].flatMap(([code]) => code.match(/\w+/g) ?? []),
    )
    const missing = [
      ...[...serverOptions, ...issuerOptions].filter((option) => !words.has(option)),
      ...partOptions.filter((option) => !codeWords.has(option)),
    ]
    assert.deepEqual([...new Set(missing)], [])
  })
})

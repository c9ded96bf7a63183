import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { resolveReferences, type ResolvedReferences } from '../../lib/config/resolve-references.ts'
import { makeConfigFolder } from '../support/config-folder.ts'
import { refusal } from '../support/refusal.ts'

const folder = makeConfigFolder()
const environment = { SECRET: 'from the environment', KEYS: '{"keys":[]}', EMPTY: '' }

const resolveValue = (value: unknown): Promise<ResolvedReferences> =>
  resolveReferences(value, { folder: folder.path, environment, place: 'a.json' })

describe('resolveReferences', () => {
  after(() => {
    folder.remove()
  })
  const pem = folder.write('a.pem', 'a certificate')
  folder.write('keys.json', { keys: [{ kid: 'a' }] })

  it('puts files and variables in their places, and says which files', async () => {
    const { value, files } = await resolveValue({
      plain: [1, 'x', null, true],
      relative: { file: './a.pem' },
      again: [{ file: 'a.pem' }, { file: pem }],
      secret: { env: 'SECRET' },
      issuer: { jwks: { file: 'keys.json' }, jwk: { env: 'KEYS' } },
    })
    assert.deepEqual(value, {
      plain: [1, 'x', null, true],
      relative: 'a certificate',
      again: ['a certificate', 'a certificate'],
      secret: 'from the environment',
      issuer: { jwks: { keys: [{ kid: 'a' }] }, jwk: { keys: [] } },
    })
    assert.deepEqual(files.toSorted(), [pem, join(folder.path, 'keys.json')])
  })

  it('leaves alone what only looks like one', async () => {
    const value = {
      a: { file: 'a.pem', more: 1 },
      b: { file: 5 },
      c: { other: 'a.pem' },
      d: {},
      jwk: { kty: 'RSA', x: { file: 'a.pem' } },
    }
    assert.deepEqual(await resolveValue(value), { value, files: [] })
  })

  folder.write('blank', ' \n')
  folder.write('no.json', '{"keys": secret')
  for (const [name, value, message] of [
    [
      'a file that is not there',
      { a: [{ file: 'b.pem' }] },
      /^a\.json: a\[0\]: the file .*b\.pem cannot be read \(ENOENT\)$/,
    ],
    ['a file that is empty', { a: { file: 'blank' } }, /^a\.json: a: the file .*blank is empty$/],
    [
      'a variable that is not set',
      { a: { env: 'NONE' } },
      'a.json: a: the environment variable NONE is not set; set it, or write { "file": "./path" }',
    ],
    ['a variable that is empty', { a: { env: 'EMPTY' } }, /variable EMPTY is not set/],
    [
      'a secret in the place of a name, which is not shown',
      { a: { env: 'hunter2' } },
      /variable of that name is not set/,
    ],
    [
      'keys that are no JSON',
      { i: { jwks: { file: 'no.json' } } },
      'a.json: i.jwks must be JSON: the text is not JSON',
    ],
  ] as const) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(resolveValue(value), refusal('ERR_S2S_OPTION_INVALID', message))
    })
  }
})

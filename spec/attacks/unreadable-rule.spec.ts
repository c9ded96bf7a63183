import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigurationError, createS2S, type ResourceOptions, type Resources } from 'passport-s2s'
import { makeWorld } from '../support/world.ts'

const { options } = await makeWorld()
const s2s = createS2S(options)

/** Both forms read a table the same way: what one refuses at start, the other refuses too. */
const guards = { protect: s2s.protect, protectResources: s2s.protectResources } as const

/** What Express 4 and 5 read differently, or neither reads as it looks. */
const notShared = [
  '/files/*',
  '*',
  '/*splat',
  '/files/*splat',
  '/files{/:name}',
  '/files/:name?',
  '/files/:name*',
  '/files/:name+',
  '/files/:name(\\d+)',
  '/files/(.*)',
  '/files/(a|b)',
  '/files/[ab]',
  '/files/a+b',
  '/files/ab?cd',
  '/files/:from-:to',
  '/files/v:version',
  '/files/:',
  '/files/:1',
  '/files/:"a name"',
  '/files/\\*',
  '/files\\x',
  '/files/!',
  '/files/$',
  '/files/^a',
  '/files/a|b',
]

/** What no request that gets as far as the table can have in its path. */
const neverMatching = [
  '/files//x',
  '/files/../x',
  '/files/./x',
  '/files/..',
  '/files;x',
  '/files#x',
  '/files%20x',
  '/files%2fx',
  '/files\\\\x',
  '/fïles',
  '/files?x=1',
]

const badNames = [
  'GET files',
  'GET  /files',
  'GET\t/files',
  ' GET /files',
  'GET /files ',
  '/files',
  'GET',
  '',
  'get /files',
  'Get /files',
  'FETCH /files',
  'HEAD /files',
  'GET,POST /files',
  'GET|POST /files',
  '* /files',
  'ANY /files',
  'all /files',
  'GET https://localhost/files',
]

function assertRefused(resources: Resources, resourceOptions?: ResourceOptions): void {
  for (const guard of Object.values(guards)) {
    assert.throws(
      () => guard(resources, resourceOptions),
      (error) => error instanceof ConfigurationError && error.code === 'ERR_S2S_OPTION_INVALID',
    )
  }
}

describe('a rule that some Express reads differently', () => {
  for (const path of notShared) {
    it(`row 96: refuses at start ${path}`, () => {
      assertRefused({ [`GET ${path}`]: 'admin.all' })
    })
  }

  it('row 96: takes the syntax of Express 5 when told so', () => {
    for (const path of ['/files/*path', '/files{/:name}', '/files/:from-:to']) {
      for (const guard of Object.values(guards)) guard({ [`GET ${path}`]: 'admin.all' }, { pathSyntax: 'express5' })
    }
  })

  for (const path of ['/files/*', '/files/:name?', '/files/:name(\\d+)', '/files/(.*)', '/files/[ab]', '/files/a+b']) {
    it(`row 96: refuses at start ${path}, which Express 5 does not accept`, () => {
      assertRefused({ [`GET ${path}`]: 'admin.all' }, { pathSyntax: 'express5' })
    })
  }
})

describe('a rule that can never match', () => {
  for (const path of neverMatching) {
    it(`row 96: refuses at start ${path}`, () => {
      assertRefused({ [`GET ${path}`]: 'admin.all' })
      assertRefused({ [`GET ${path}`]: 'admin.all' }, { pathSyntax: 'express5' })
    })
  }

  for (const name of badNames) {
    it(`row 96: refuses at start the name "${name}"`, () => {
      assertRefused({ [name]: 'admin.all' })
    })
  }

  for (const [title, resources] of Object.entries<Resources>({
    'an empty table': {},
    'a wider rule in front': { 'GET /files/:name': 'public', 'GET /files/secret': 'admin.all' },
    'all methods in front': { 'ALL /files': 'public', 'DELETE /files': 'admin.all' },
    'another letter case': { 'GET /files': 'public', 'GET /FILES': 'admin.all' },
    'a slash at the end': { 'GET /files': 'public', 'GET /files/': 'admin.all' },
    'another name of the parameter': { 'GET /files/:a': 'public', 'GET /files/:b': 'admin.all' },
  })) {
    it(`row 96: refuses at start ${title}`, () => {
      assertRefused(resources)
    })
  }
})

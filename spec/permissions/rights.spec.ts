import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  coversContainer,
  coversRight,
  isContainer,
  isRight,
  rightLadder,
  type Right,
} from '../../lib/permissions/rights.ts'

describe('the ladder of rights', () => {
  it('goes from Read over Write and Manage to FullControl', () => {
    assert.deepEqual(rightLadder, ['Read', 'Write', 'Manage', 'FullControl'])
  })

  const table: Record<Right, readonly Right[]> = {
    Read: ['Read'],
    Write: ['Read', 'Write'],
    Manage: ['Read', 'Write', 'Manage'],
    FullControl: ['Read', 'Write', 'Manage', 'FullControl'],
  }
  for (const granted of rightLadder) {
    it(`lets ${granted} include ${table[granted].join(', ')} and nothing else`, () => {
      assert.deepEqual(
        rightLadder.filter((required) => coversRight(granted, required)),
        table[granted],
      )
    })
  }

  it('lets no unknown right include anything or be included in anything', () => {
    for (const unknown of ['read', 'Delete', '', 'constructor', '__proto__', undefined] as unknown as Right[]) {
      assert.equal(coversRight(unknown, 'Read'), false)
      assert.equal(coversRight('FullControl', unknown), false)
      assert.equal(coversRight(unknown, unknown), false)
    }
  })

  it('tells rights from everything else, to the letter', () => {
    for (const right of rightLadder) assert.equal(isRight(right), true)
    for (const other of ['read', 'READ', 'Read ', '', 'constructor', null, undefined, 0, ['Read']]) {
      assert.equal(isRight(other), false)
    }
  })
})

describe('containers', () => {
  const cases: readonly (readonly [name: string, granted: string, required: string, expected: boolean])[] = [
    ['itself', '/sites/a', '/sites/a', true],
    ['a child', '/sites/a', '/sites/a/lists', true],
    ['a grandchild', '/sites/a', '/sites/a/lists/b', true],
    ['everything, for the root', '/', '/sites/a', true],
    ['the root itself, for the root', '/', '/', true],
    ['itself, whatever slash ends the grant', '/sites/a/', '/sites/a', true],
    ['itself, whatever slash ends the request', '/sites/a', '/sites/a/', true],
    ['a child, whatever slash ends the grant', '/sites/a/', '/sites/a/b', true],
    ['no sibling that begins alike', '/sites/a', '/sites/ab', false],
    ['no sibling that begins alike, with a child', '/sites/a', '/sites/ab/c', false],
    ['no parent', '/sites/a/lists', '/sites/a', false],
    ['no other letter case', '/sites/a', '/sites/A', false],
    ['nothing that leaves it by dots', '/sites/a', '/sites/a/../b', false],
    ['nothing that leaves it by dots at the end', '/sites/a', '/sites/a/..', false],
    ['nothing with a single dot', '/sites/a', '/sites/a/./b', false],
    ['nothing with encoded dots', '/sites/a', '/sites/a/%2e%2e/b', false],
    ['nothing with an encoded slash', '/sites/a', '/sites/a/%2Fb', false],
    ['nothing with an encoded backslash', '/sites/a', '/sites/a/%5cb', false],
    ['nothing with a backslash', '/sites/a', '/sites/a/..\\b', false],
    ['nothing that begins with dots', '/', '../sites', false],
    ['nothing that is granted with dots at the beginning', '..', '../sites', false],
    ['nothing that is granted with a dot at the beginning', './sites', './sites/a', false],
    ['a name with dots in it', '/sites/a', '/sites/a/..b', true],
    ['nothing when it is empty', '', '/sites/a', false],
    ['not what is empty', '/', '', false],
    ['no text without slash, for the root', '/', 'sites', false],
  ]
  for (const [name, granted, required, expected] of cases) {
    it(`covers ${name}`, () => {
      assert.equal(coversContainer(granted, required), expected)
    })
  }

  /** Places named by site subscription, site collection and site, as in the grants of SharePoint. */
  const levels: readonly (readonly [
    level: string,
    granted: string,
    covered: readonly string[],
    others: readonly string[],
  ])[] = [
    [
      'a site subscription covers its site collections, their sites and lists',
      '/default',
      ['/default', '/default/search', '/default/search/news', '/default/search/news/lists/pages'],
      ['/other', '/other/default', '/'],
    ],
    [
      'a site collection covers its sites and lists',
      '/default/search',
      ['/default/search', '/default/search/news', '/default/search/news/lists/pages'],
      ['/default', '/default/personal', '/default/personal/search', '/other/search', '/default/search2'],
    ],
    [
      'a site covers its lists and the sites below it',
      '/default/search/news',
      ['/default/search/news', '/default/search/news/lists/pages', '/default/search/news/archive'],
      ['/default', '/default/search', '/default/search/archive', '/default/personal/news'],
    ],
  ]
  for (const [level, granted, covered, others] of levels) {
    it(`hold that ${level}, and nothing above or beside it`, () => {
      for (const place of covered) assert.equal(coversContainer(granted, place), true, place)
      for (const place of others) assert.equal(coversContainer(granted, place), false, place)
    })
  }

  it('covers nothing that is no text', () => {
    for (const value of [undefined, null, ['/sites/a'], { toString: () => '/sites/a' }] as unknown as string[]) {
      assert.equal(coversContainer('/', value), false)
      assert.equal(isContainer(value), false)
    }
  })
})

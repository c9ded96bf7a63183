import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path/posix'
import { describe, it } from 'node:test'
import { readmePaths, root } from '../support/readme.ts'

const documents = [...readmePaths, 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md']

const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** The text without code, in which nothing is a link or a heading. */
const withoutBlocks = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '')

/** The anchors of the headings of a document, as GitHub writes them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of withoutBlocks(text).matchAll(/^#{1,6} (.+)$/gm)) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const anchor = plain.replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-')
    let name = anchor
    for (let count = 1; anchors.has(name); count += 1) name = `${anchor}-${count}`
    anchors.add(name)
  }
  return anchors
}

/** Where the links of a document go, but for those to other sites. */
function linksOf(text: string): readonly string[] {
  const prose = withoutBlocks(text).replaceAll(/`[^`\n]*`/g, '')
  const inline = [...prose.matchAll(/\]\(([^)\s]+)\)/g), ...prose.matchAll(/^\[[^\]]+\]: (\S+)/gm)]
  return inline.map(([, target = '']) => target).filter((target) => !/^https:\/\//.test(target))
}

/** The links of a document that lead nowhere. */
function brokenLinks(path: string, text: string): readonly string[] {
  return linksOf(text).filter((target) => {
    const [file = '', anchor] = target.split('#')
    const linked = file === '' ? path : normalize(join(dirname(path), file))
    if (linked.startsWith('..') || (linked !== path && !existsSync(join(root, linked)))) return true
    if (anchor === undefined) return false
    return !linked.endsWith('.md') || !anchorsOf(linked === path ? text : read(linked)).has(anchor)
  })
}

describe('the links of the documents', () => {
  for (const path of documents) {
    it(`lead somewhere: ${path}`, () => {
      assert.deepEqual(brokenLinks(path, read(path)), [])
    })
  }

  it('lead from README.md to every guide', () => {
    const linked = new Set(linksOf(read('README.md')).map((target) => target.split('#')[0]))
    const [, ...guides] = readmePaths
    assert.ok(guides.length > 10)
    assert.deepEqual(
      guides.filter((guide) => !linked.has(guide)),
      [],
    )
  })

  it('are told broken when the file or the heading is not there, or outside', () => {
    const text = [
      '# A `b`, c',
      '[a](#a-b-c) [b](#b) [c](../../SECURITY.md#what-we-promise) [d](../../SECURITY.md#nothing)',
      '[e](nothing.md) [f](../main.ts#L1) [`g`](https://example.com/x) [h](http://example.com) [i](../../../x)',
      '```md\n[not](a-link)\n# Not a heading\n```\n[j](#not-a-heading) `[not](a-link)`',
      '[k]: nowhere.md',
    ].join('\n')
    assert.deepEqual(brokenLinks('example-app/guides/x.md', text), [
      '#b',
      '../../SECURITY.md#nothing',
      'nothing.md',
      '../main.ts#L1',
      'http://example.com',
      '../../../x',
      '#not-a-heading',
      'nowhere.md',
    ])
  })
})

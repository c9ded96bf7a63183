import assert from 'node:assert/strict'
import { METHODS } from 'node:http'
import { describe, it } from 'node:test'
import { parseResourceName } from '../../lib/permissions/resource-name.ts'

describe('the name of a resource', () => {
  it('has a method and a path', () => {
    assert.deepEqual(parseResourceName('GET /reports/:id'), { method: 'GET', path: '/reports/:id' })
    assert.deepEqual(parseResourceName('ALL /'), { method: 'ALL', path: '/' })
  })

  it('takes every method of node:http but HEAD', () => {
    for (const method of METHODS) {
      if (method !== 'HEAD') assert.equal(parseResourceName(`${method} /`).method, method)
    }
  })

  const cases: readonly (readonly [name: string, resource: string, message: RegExp])[] = [
    ['HEAD', 'HEAD /reports', /HEAD follows GET; write 'GET \/reports'/],
    ['head in lower case', 'head /reports', /HEAD follows GET/],
    ['lower case', 'get /reports', /must be in upper case; write 'GET \/reports'/],
    ['mixed case', 'All /reports', /must be in upper case; write 'ALL \/reports'/],
    ['an unknown method', 'FETCH /reports', /has an unknown method/],
    ['a prototype name', 'constructor /reports', /has an unknown method/],
    ['a path alone', '/reports', /write a method, one space and a path/],
    ['a method alone', 'GET', /write a method, one space and a path/],
    ['two spaces', 'GET  /reports', /write a method, one space and a path/],
    ['a tab', 'GET\t/reports', /write a method, one space and a path/],
    ['a space in the path', 'GET /my reports', /write a method, one space and a path/],
    ['a space in front', ' GET /reports', /write a method, one space and a path/],
    ['a newline at the end', 'GET /reports\n', /write a method, one space and a path/],
    ['a relative path', 'GET reports', /write a method, one space and a path/],
    ['an address', 'GET https://example.com/', /write a method, one space and a path/],
    ['empty text', '', /write a method, one space and a path/],
  ]
  for (const [what, resource, message] of cases) {
    it(`is refused with the fix: ${what}`, () => {
      assert.throws(() => parseResourceName(resource), {
        name: 'ConfigurationError',
        code: 'ERR_S2S_OPTION_INVALID',
        message,
      })
    })
  }

  it('stands in the message', () => {
    assert.throws(() => parseResourceName('get /reports'), { message: /^resources\['get \/reports'\] / })
  })
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findNearMatch } from '../../lib/doctor/compare-addresses.ts'

const broker = 'a1d2c3b4-0e5f-4a6b-8c7d-9e8f7a6b5c4d'
const server = '00000003-0000-0ff1-ce00-000000000000'

describe('findNearMatch', () => {
  for (const [found, expected, kind, clause] of [
    ['https://a.example/', 'https://a.example', 'slash', 'has a slash at the end that is not expected'],
    ['https://a.example', 'https://a.example/', 'slash', 'lacks the slash at the end'],
    ['HTTPS://A.example', 'https://a.example', 'case', 'differs in letter case'],
    ['https://A.example/', 'https://a.example', 'case', 'differs in letter case and by a slash at the end'],
    [' https://a.example', 'https://a.example', 'space', 'has a space or line break around it'],
    ['http://a.example/x', 'https://a.example/x', 'scheme', 'is http instead of https'],
    ['https://a.example:8443', 'https://a.example', 'port', 'has the port 8443, which is not expected'],
    ['https://a.example', 'https://a.example:8443', 'port', 'lacks the port 8443'],
    ['https://a.example:1', 'https://a.example:2', 'port', 'has the port 1 instead of 2'],
    ['https://a.example:443', 'https://a.example', 'port', 'writes the usual port, which is left out'],
    ['https://a.example/realms/x', 'https://a.example/realms/y', 'realm', 'has the right host but another realm'],
    ['https://a.example/x', 'https://a.example/y', 'path', 'has the right host but another path'],
    ['https://exmaple.com', 'https://example.com', 'host', 'differs in one or two letters of the host'],
    ['urn:jobs', 'urn:job', 'near', 'differs in one or two letters'],
    [`${broker}@x`, `${broker}@y`, 'realm', 'has the right id but another realm'],
    ['x@realm', 'y@realm', 'id', 'has the right realm but another id'],
    [`${server}/h@x`, `${server}/h@y`, 'realm', 'has the right id and host but another realm'],
    [`${server}/h:1@x`, `${server}/h@x`, 'port', 'has the port 1, which is not expected'],
    [`${server}/other@x`, `${server}/host@x`, 'host', 'names a host that is not one of ours'],
  ] as const) {
    it(`${JSON.stringify(found)} beside ${expected}: ${clause}`, () => {
      assert.deepEqual(findNearMatch(found, ['https://unlike.example', expected]), { kind, clause, expected })
    })
  }

  for (const [found, expected] of [
    ['https://a.example', 'https://b.test'],
    ['http://a.example/x', 'https://a.example/y'],
    ['https://exmaple.com/x', 'https://example.com/y'],
    ['https://[', 'https://a.example'],
    ['x@a', 'y@b'],
    [`${server}/h@x`, `${broker}@x`],
    [`${server}/g@x`, `${broker}/h@y`],
    ['urn:jobs', 'https://a.example'],
  ] as const) {
    it(`${found} is not near ${expected}`, () => {
      assert.equal(findNearMatch(found, [expected]), undefined)
    })
  }

  it('gives the nearest of several', () => {
    const near = findNearMatch('https://a.example/x/', ['https://a.example/y', 'https://a.example/x'])
    assert.equal(near?.expected, 'https://a.example/x')
  })
})

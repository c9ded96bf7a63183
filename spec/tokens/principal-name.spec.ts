import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatPrincipalName, normalizeAudience, parsePrincipalName } from '../../lib/tokens/principal-name.ts'

const id = '00000003-0000-0ff1-ce00-000000000000'
const realm = '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011'

describe('parsePrincipalName', () => {
  for (const { name, text, expected } of [
    { name: 'an id alone', text: id, expected: { id } },
    { name: 'an application', text: `${id}@${realm}`, expected: { id, realm } },
    { name: 'a realm that is a domain', text: `${id}@contoso.example`, expected: { id, realm: 'contoso.example' } },
    { name: 'an audience', text: `${id}/portal.example@${realm}`, expected: { id, host: 'portal.example', realm } },
    {
      name: 'an audience with a port',
      text: `${id}/portal.example:8443@${realm}`,
      expected: { id, host: 'portal.example:8443', realm },
    },
    { name: 'an audience without a realm', text: `${id}/portal.example`, expected: { id, host: 'portal.example' } },
    {
      name: 'letters as they are written',
      text: 'ABC/Host@Realm',
      expected: { id: 'ABC', host: 'Host', realm: 'Realm' },
    },
  ]) {
    it(`reads ${name}`, () => {
      assert.deepEqual(parsePrincipalName(text), expected)
      assert.equal(formatPrincipalName(expected), text)
    })
  }

  for (const [name, text] of Object.entries({
    nothing: '',
    'a realm alone': `@${realm}`,
    'an empty realm': `${id}@`,
    'an empty host': `${id}/@${realm}`,
    'two realms': `${id}@${realm}@${realm}`,
    'two hosts': `${id}/a/b@${realm}`,
    'a host behind the realm': `${id}@${realm}/host`,
    'a wildcard realm': `${id}@*`,
    'a wildcard id': `*@${realm}`,
    'a wildcard within': `${id}@a*b`,
    'a space': `${id} @${realm}`,
    'a line end': `${id}@${realm}\n`,
    'a comma': `${id}@${realm},${id}@${realm}`,
    'a quote': `${id}@"${realm}"`,
    'a backslash': `${id}\\@${realm}`,
    'a URL': 'https://login.example.com',
    'an id that is too long': 'a'.repeat(129),
    'a host that is too long': `a/${'b'.repeat(261)}@c`,
    'a realm that is too long': `a@${'b'.repeat(261)}`,
  })) {
    it(`gives nothing for ${name}`, () => {
      assert.equal(parsePrincipalName(text), undefined)
    })
  }

  it('is undone by formatPrincipalName, whatever the text', () => {
    const characters = fc.string({ unit: fc.constantFrom('a', 'B', '0', '-', '.', ':', '/', '@', '*', ' ', '"', 'é') })
    fc.assert(
      fc.property(characters, (text) => {
        const parsed = parsePrincipalName(text)
        if (parsed !== undefined) assert.equal(formatPrincipalName(parsed), text)
      }),
    )
  })
})

describe('normalizeAudience', () => {
  it('writes the host in lower case and leaves id and realm to the letter', () => {
    assert.equal(normalizeAudience('Id/Portal.EXAMPLE:8443@Realm'), 'Id/portal.example:8443@Realm')
  })

  it('takes no other character for a letter of a host: the Kelvin sign is no k', () => {
    const kelvin = 'Id/Fabri\u212aam.EXAMPLE@Realm'
    assert.equal(normalizeAudience(kelvin), 'Id/fabri\u212aam.example@Realm')
  })

  for (const text of ['', 'id', 'id@realm', 'id/host', 'https://reports.example.com', 'id/host@*', 'id/host@a@b']) {
    it(`gives nothing for "${text}", which does not have the three parts`, () => {
      assert.equal(normalizeAudience(text), undefined)
    })
  }
})

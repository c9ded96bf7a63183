import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseBearerChallenge, type BearerChallenge } from '../../lib/tokens/bearer-challenge.ts'

const sharePoint = '00000003-0000-0ff1-ce00-000000000000'
const exchange = '00000002-0000-0ff1-ce00-000000000000'
const acs = '00000001-0000-0000-c000-000000000000'
const realm = '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011'
const whole = `Bearer realm="${realm}",client_id="${sharePoint}",trusted_issuers="${sharePoint}@${realm}"`

type Expected = Partial<BearerChallenge> | undefined

const known: Expected = { realm, clientId: sharePoint, trustedIssuers: [`${sharePoint}@${realm}`] }

const cases: readonly (readonly [title: string, values: readonly string[], expected: Expected])[] = [
  ['SharePoint Server: another scheme on the same line', [`NTLM, ${whole}`], known],
  [
    'SharePoint Online: issuers in three shapes, and an interactive address',
    [
      `Bearer realm="${realm}",client_id="${sharePoint}",trusted_issuers="${acs}@*,https://sts.windows.net/*/,${sharePoint}@${realm}",authorization_uri="https://login.windows.net/common/oauth2/authorize"`,
    ],
    {
      realm,
      clientId: sharePoint,
      trustedIssuers: [`${acs}@*`, 'https://sts.windows.net/*/', `${sharePoint}@${realm}`],
    },
  ],
  [
    'Exchange: no realm, spaces behind the commas, Basic on a line of its own',
    [
      `Bearer client_id="${exchange}", trusted_issuers="${acs}@${realm},${sharePoint}@fabrikam.example", token_types="app_asserted_user_v1 service_asserted_app_v1", authorization_uri="https://login.windows.net/common/oauth2/authorize"`,
      'Basic realm="mail.fabrikam.example"',
    ],
    { realm: undefined, clientId: exchange, trustedIssuers: [`${acs}@${realm}`, `${sharePoint}@fabrikam.example`] },
  ],
  ['an answer to a bad token', [`Bearer realm="${realm}", error="invalid_token"`], { realm, error: 'invalid_token' }],
  ['the spelling of the specification: trustedissuers', [whole.replace('trusted_issuers', 'trustedissuers')], known],
  ['both spellings: the one of the wire counts', [`${whole}, trustedissuers="x@y"`], known],
  ['Basic first on the line, with a realm of its own', [`Basic realm="x", ${whole}`], known],
  ['Basic behind it on the line', [`${whole}, Basic Realm=""`], known],
  ['Negotiate with a token', [`Negotiate oYG2MIGzoAMKAQE=, ${whole}`], known],
  ['a token68 that could be a word', [`Negotiate abc, ${whole}`], known],
  ['a token68 with a space behind it', [`Negotiate YII== , ${whole}`], known],
  ['a token68 at the end', [`${whole}, Negotiate YII==`], known],
  ['six schemes on one line', [`Negotiate, NTLM, Basic realm="a", Digest realm="b", nonce="c", ${whole}, PoP`], known],
  ['six header lines', ['Negotiate', 'NTLM', 'Basic realm="a"', 'Digest realm="b", qop="auth"', whole, 'PoP'], known],
  ['names in other letter case', [whole.replace('Bearer', 'bEARER').replace('realm', 'REALM')], known],
  ['words without quotes', [`Bearer realm=${realm}, client_id=${sharePoint}`], { realm, clientId: sharePoint }],
  ['spaces around the equals signs', [`Bearer realm = "${realm}" , client_id\t=\t"x"`], { realm, clientId: 'x' }],
  ['several spaces behind the scheme and around an equals sign', [`Bearer  realm  = \t"${realm}"`], { realm }],
  ['commas without anything between', [`,, Bearer realm="${realm}",, ,client_id="x",`], { realm, clientId: 'x' }],
  ['quotes and backslashes within quotes', ['Bearer realm="a\\"b\\\\c"'], { realm: 'a"b\\c' }],
  ['Bearer alone', ['Bearer'], { realm: undefined, clientId: undefined, trustedIssuers: undefined, error: undefined }],
  ['Bearer with nothing but a space', ['Bearer '], { realm: undefined }],
  ['Bearer with a token68', ['Bearer abc=='], { realm: undefined }],
  [
    'issuers with spaces and empty places',
    ['Bearer trusted_issuers=" a@b, ,c@d ,"'],
    { trustedIssuers: ['a@b', 'c@d'] },
  ],
  ['an empty list of issuers', ['Bearer trusted_issuers=""'], { trustedIssuers: [] }],
  ['two Bearer challenges: the one that says who the server is', ['Bearer realm="other"', whole], known],
  ['the same twice', [whole, whole], known],
  ['a value of 8192 characters', [`${whole}, x="${'a'.repeat(8192 - whole.length - 6)}"`], known],

  ['no header', [], undefined],
  ['an empty value', [''], undefined],
  ['other schemes only', ['NTLM', 'Basic realm="x"'], undefined],
  ['a scheme that only begins like it', [whole.replace('Bearer', 'BearerX')], undefined],
  ['Bearer within the quotes of another scheme', [`Basic realm="x, ${whole.replaceAll('"', "'")}"`], undefined],
  [
    'Bearer within escaped quotes of another scheme',
    [`Basic realm="x\\", ${whole.replaceAll('"', '\\"')}"`],
    undefined,
  ],
  ['a realm twice', [`Bearer realm="${realm}", realm="evil", client_id="x"`], undefined],
  ['a client id twice, in two spellings', ['Bearer client_id="a", CLIENT_ID="b"'], undefined],
  ['a quote that does not end', ['Bearer realm="abc'], undefined],
  ['a quote that ends with a backslash', ['Bearer realm="abc\\"'], undefined],
  ['a parameter without a value', ['Bearer realm=, client_id="x"'], undefined],
  ['a later parameter without a value', ['Bearer a="1", realm=, client_id="x"'], undefined],
  ['challenges that no comma parts', [`Basic realm="a" ${whole}`], undefined],
  ['a token68 that no space parts from its scheme', [`Negotiate/abc, ${whole}`], undefined],
  ['text between parameters', ['Bearer realm="a" ; client_id="b"'], undefined],
  ['parameters that no comma parts', ['Bearer realm="a" client_id="b"'], undefined],
  ['rubbish in front', [`"x" ${whole}`], undefined],
  ['a line feed', [`Bearer realm="a",\nclient_id="b"`], undefined],
  ['two Bearer challenges that contradict each other', [whole, whole.replace(realm, 'evil')], undefined],
  ['two on one line that contradict each other', [`${whole}, ${whole.replace(sharePoint, 'evil')}`], undefined],
  ['two that trust others', [whole, whole.replace('@', '2@')], undefined],
  ['a value of 8193 characters', [`${whole}, x="${'a'.repeat(8193 - whole.length - 6)}"`], undefined],
  ['more than 64 parameters', [`Bearer ${Array.from({ length: 65 }, (_, index) => `p${index}=x`).join()}`], undefined],
]

describe('parseBearerChallenge', () => {
  for (const [title, values, expected] of cases) {
    it(`${expected === undefined ? 'finds nothing in' : 'reads'} ${title}`, () => {
      const read = parseBearerChallenge(values)
      if (expected === undefined) assert.equal(read, undefined)
      else assert.deepEqual({ ...read, ...expected }, read)
      assert.equal(read === undefined, expected === undefined)
    })
  }

  it('is not spoilt by a line that nobody can read', () => {
    assert.equal(parseBearerChallenge(['Basic realm="x', '===', 'a'.repeat(9000), whole])?.clientId, sharePoint)
  })

  it('reads back what was written, whatever stands around it', () => {
    const text = fc.string({
      unit: fc.constantFrom(' ', '\t', ',', '=', '"', '\\', 'a', 'Z', '0', '-', '@', '*', '/', ':', ';', 'é'),
      maxLength: 30,
    })
    const quote = (value: string): string => `"${value.replaceAll(/["\\]/g, '\\$&')}"`
    const other = fc.constantFrom(
      'NTLM',
      'Negotiate YII=',
      'Basic realm="b"',
      'Digest realm="Bearer client_id=1", qop=auth',
    )
    fc.assert(
      fc.property(text, text, fc.array(other), fc.array(other), (givenRealm, clientId, before, after) => {
        const bearer = `Bearer realm=${quote(givenRealm)},client_id=${quote(clientId)}`
        const read = parseBearerChallenge([[...before, bearer, ...after].join(', ')])
        assert.deepEqual([read?.realm, read?.clientId], [givenRealm, clientId])
      }),
    )
  })

  it('never throws, and makes nothing up', () => {
    const piece = fc.constantFrom(
      'Bearer',
      'Basic',
      ' ',
      ',',
      '=',
      '"',
      '\\',
      'realm',
      'client_id',
      'x',
      '=="',
      '\t',
      '\0',
    )
    fc.assert(
      fc.property(fc.array(fc.array(piece, { maxLength: 40 }), { maxLength: 3 }), (lines) => {
        const values = lines.map((pieces) => pieces.join(''))
        const read = parseBearerChallenge(values)
        for (const told of [read?.realm, read?.clientId]) {
          if (told !== undefined)
            assert.ok(values.some((value) => value.replaceAll('\\', '').includes(told.replaceAll('\\', ''))))
        }
      }),
      { numRuns: 2000 },
    )
  })

  const hostile: readonly (readonly [title: string, piece: string])[] = [
    ['commas', ','],
    ['spaces', ' '],
    ['schemes', 'a,'],
    ['open quotes', 'a="'],
    ['backslashes', '\\'],
    ['equals signs', 'a='],
    ['Bearers', 'Bearer,'],
    ['words', 'a'],
    ['words and spaces', 'a '],
  ]
  for (const [title, piece] of hostile) {
    it(`takes no longer than its length allows for nothing but ${title}`, () => {
      const values = Array.from({ length: 100 }, () => `Bearer x="${piece.repeat(8000 / piece.length)}`)
      const bare = Array.from({ length: 100 }, () => piece.repeat(8000 / piece.length))
      const start = process.cpuUsage()
      parseBearerChallenge([...values, ...bare])
      assert.ok(process.cpuUsage(start).user < 1_000_000, 'a second of work')
    })
  }
})

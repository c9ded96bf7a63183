import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readXfcc } from '../../../lib/express/certificates/read-xfcc.ts'

const hash = '468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688'
const other = 'f'.repeat(64)

describe('X-Forwarded-Client-Cert', () => {
  /** The examples of Envoy's documentation, and what its options add. */
  const read: Readonly<Record<string, readonly [text: string, cert?: string]>> = {
    'the usual element': [`By=spiffe://lyft.com/backend-team;Hash=${hash};URI=spiffe://lyft.com/frontend-team`],
    'a quoted subject': [`By=http://a;Hash=${hash};Subject="/C=US/ST=CA/L=San Francisco/CN=Test Client";URI=http://b`],
    'names, several of a kind': [`Hash=${hash};URI=a;URI=b;DNS=lyft.com;DNS=www.lyft.com;By=x;By=y`],
    'an escaped quote in a value': [`Subject="CN=\\"a\\", b; c=d";Hash=${hash}`],
    'an escaped backslash at the end of a value': [`Subject="CN=a\\\\";Hash=${hash}`],
    'an equals sign in a name': [`Hash=${hash};URI=spiffe://a?b=c`],
    'keys in other letters': [`HASH=${hash};cert="pem"`, 'pem'],
    'a certificate': [`Hash=${hash};Cert="-----BEGIN%20"`, '-----BEGIN%20'],
    'a certificate without quotes': [`Cert=pem;Hash=${hash}`, 'pem'],
    'an empty name': [`By=;Hash=${hash};URI=`],
    'nothing but the hash': [`Hash=${hash}`],
    'a hash in quotes': [`Hash="${hash}"`],
    'a chain': [`Hash=${hash};Cert="leaf";Chain="leaf,root"`, 'leaf'],
  }
  for (const [name, [text, cert]] of Object.entries(read)) {
    it(`is read with ${name}`, () => {
      assert.deepEqual(readXfcc(text), { hash, cert })
    })
  }

  const unread: Readonly<Record<string, string>> = {
    nothing: '',
    'a blank': ' ',
    'two elements': `Hash=${hash},Hash=${other}`,
    'the same element twice': `Hash=${hash},Hash=${hash}`,
    'an empty second element': `Hash=${hash},`,
    'a caller that wrote the first element': `By=a;Hash=${other},By=b;Hash=${hash};URI=spiffe://c`,
    'a caller that leaves a quote open': `Subject="a,By=b;Hash=${hash};Subject="CN=c"`,
    'a caller whose quote swallows the proxy up to its first quote': `Hash=${other};Subject=",Hash=${hash};Cert="pem"`,
    'a quote that never ends': `Hash=${hash};Subject="a`,
    'a backslash before the last quote': `Hash=${hash};Subject="a\\"`,
    'a name of a certificate that begins another element': `Hash=${hash};URI=a,Hash=${other}`,
    'a name of a certificate that brings a second hash': `Hash=${hash};URI=a;Hash=${other}`,
    'a second hash that says the same': `Hash=${hash};Hash=${hash}`,
    'a second hash in other letters': `Hash=${hash};hash=${other}`,
    'two certificates': `Hash=${hash};Cert="a";URI=b;Cert="c"`,
    'no hash': 'By=a;Cert="pem"',
    'an empty hash': 'Hash=;Cert="pem"',
    'a hash of 63 characters': `Hash=${hash.slice(1)}`,
    'a hash of 65 characters': `Hash=${hash}0`,
    'a hash that is no hexadecimal': `Hash=${'g'.repeat(64)}`,
    'a hash of SHA-1': `Hash=${hash.slice(24)}`,
    'a blank between pairs': `By=a; Hash=${hash}`,
    'a semicolon at the end': `Hash=${hash};`,
    'a pair without key': `=a;Hash=${hash}`,
    'a pair without equals sign': `By;Hash=${hash}`,
    'text after a quoted value': `Subject="a"b;Hash=${hash}`,
    'text that is something else': `-----BEGIN%20CERTIFICATE-----`,
  }
  for (const [name, text] of Object.entries(unread)) {
    it(`is nothing with ${name}`, () => {
      assert.equal(readXfcc(text), undefined)
    })
  }

  it('is read in a time that grows with its length only', () => {
    for (const unit of ['"', '\\"', 'a=";', 'a="\\', ';', 'a=;']) {
      const started = performance.now()
      readXfcc(`Hash=${hash};Subject="${unit.repeat(16_000 / unit.length)}`)
      assert.ok(performance.now() - started < 500, unit)
    }
  })
})

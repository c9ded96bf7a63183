import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { clientCertificateSchema, type ClientCertificateOptions } from '../../lib/binding/client-certificate-options.ts'
import { parseOptions } from '../../lib/foundation/parse-options.ts'

describe('the options of client certificates', () => {
  const check = (options: unknown): unknown => parseOptions(clientCertificateSchema, options, 'clientCertificates')

  const valid: readonly ClientCertificateOptions[] = [
    { from: 'socket' },
    { from: 'header', header: 'Client-Cert', encoding: 'rfc9440' },
    { from: 'header', header: 'X-Forwarded-Client-Cert', encoding: 'xfcc' },
  ]
  for (const options of valid) {
    it(`may be ${JSON.stringify(options)}`, () => {
      assert.deepEqual(check(options), options)
    })
  }

  const invalid: readonly (readonly [unknown, string, RegExp])[] = [
    [{}, 'ERR_S2S_OPTION_INVALID', /from/],
    ['socket', 'ERR_S2S_OPTION_INVALID', /clientCertificates/],
    [{ from: 'both' }, 'ERR_S2S_OPTION_INVALID', /from/],
    [{ from: 'header', header: 'Client-Cert' }, 'ERR_S2S_OPTION_INVALID', /encoding/],
    [{ from: 'header', encoding: 'rfc9440' }, 'ERR_S2S_OPTION_INVALID', /header/],
    [{ from: 'header', header: 'Client_Cert', encoding: 'rfc9440' }, 'ERR_S2S_OPTION_INVALID', /underscores/],
    [{ from: 'header', header: '', encoding: 'rfc9440' }, 'ERR_S2S_OPTION_INVALID', /header/],
    [{ from: 'header', header: 'Client-Cert', encoding: 'pem' }, 'ERR_S2S_OPTION_INVALID', /encoding/],
    [{ from: 'socket', header: 'Client-Cert' }, 'ERR_S2S_OPTION_UNKNOWN', /header/],
    [{ from: 'header', header: 'A', encoding: 'xfcc', trust: true }, 'ERR_S2S_OPTION_UNKNOWN', /trust/],
  ]
  for (const [options, code, message] of invalid) {
    it(`may not be ${JSON.stringify(options)}`, () => {
      assert.throws(() => check(options), { code, message })
    })
  }
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { TokenError } from '../../lib/foundation/errors.ts'
import { booleanClaim, dateClaim, requiredTextClaim, textClaim } from '../../lib/tokens/claims.ts'

const invalid = (reason: string) => (error: unknown) => {
  assert.ok(error instanceof TokenError)
  assert.equal(error.code, 'ERR_S2S_CLAIM_INVALID')
  assert.equal(error.reason, reason)
  return true
}

describe('textClaim', () => {
  it('gives the text', () => {
    assert.equal(textClaim({ sub: 'dana' }, 'sub'), 'dana')
  })

  it('gives nothing for a member that is missing or inherited', () => {
    assert.equal(textClaim({}, 'sub'), undefined)
    assert.equal(textClaim({}, 'constructor'), undefined)
    assert.equal(textClaim(Object.create({ sub: 'dana' }) as Record<string, unknown>, 'sub'), undefined)
  })

  it('takes 1,024 characters and not one more', () => {
    assert.equal(textClaim({ sub: 'a'.repeat(1024) }, 'sub')?.length, 1024)
    assert.throws(
      () => textClaim({ sub: 'a'.repeat(1025) }, 'sub'),
      invalid('"sub" is not a text of 1 to 1024 characters'),
    )
  })

  for (const [name, value] of Object.entries({
    'an empty text': '',
    'a number': 5,
    null: null,
    'a list of one text': ['dana'],
    'an object': { value: 'dana' },
    true: true,
  })) {
    it(`refuses ${name}`, () => {
      assert.throws(() => textClaim({ sub: value }, 'sub'), invalid('"sub" is not a text of 1 to 1024 characters'))
    })
  }
})

describe('requiredTextClaim', () => {
  it('gives the text', () => {
    assert.equal(requiredTextClaim({ iss: 'a@b' }, 'iss'), 'a@b')
  })

  it('refuses a missing member by its name', () => {
    assert.throws(() => requiredTextClaim({}, 'iss'), invalid('"iss" is missing'))
  })
})

describe('dateClaim', () => {
  it('gives nothing for a member that is missing', () => {
    assert.equal(dateClaim({}, 'exp', 'number'), undefined)
    assert.equal(dateClaim({}, 'exp', 'number-or-text'), undefined)
  })

  for (const value of [0, 1_798_763_400, 1_798_763_400.25]) {
    it(`reads the number ${value} in either spelling`, () => {
      assert.equal(dateClaim({ exp: value }, 'exp', 'number'), value)
      assert.equal(dateClaim({ exp: value }, 'exp', 'number-or-text'), value)
    })
  }

  it('reads a text of digits where SharePoint writes one, and only there', () => {
    assert.equal(dateClaim({ exp: '1444780800' }, 'exp', 'number-or-text'), 1_444_780_800)
    assert.equal(dateClaim({ exp: '999999999999' }, 'exp', 'number-or-text'), 999_999_999_999)
    assert.throws(() => dateClaim({ exp: '1444780800' }, 'exp', 'number'), invalid('"exp" is not a date'))
  })

  for (const value of [
    '',
    ' 1444780800',
    '1444780800\n',
    '1444780800.5',
    '-1',
    '+1',
    '1e9',
    '1e99',
    '0x7fffffff',
    'Infinity',
    'NaN',
    '1'.repeat(13),
    '١٢٣',
    Infinity,
    -Infinity,
    NaN,
    -1,
    null,
    true,
    [1_444_780_800],
    { value: 1 },
  ]) {
    it(`refuses ${inspect(value)}`, () => {
      assert.throws(() => dateClaim({ exp: value }, 'exp', 'number-or-text'), invalid('"exp" is not a date'))
    })
  }

  it('refuses the number that JSON writes 1e999', () => {
    const claims = JSON.parse('{"exp":1e999}') as Record<string, unknown>
    assert.throws(() => dateClaim(claims, 'exp', 'number'), invalid('"exp" is not a date'))
  })
})

describe('booleanClaim', () => {
  for (const value of [true, 'true', 'True']) {
    it(`takes ${typeof value} ${String(value)} as true`, () => {
      assert.equal(booleanClaim({ trustedfordelegation: value }, 'trustedfordelegation'), true)
    })
  }

  for (const value of [false, 'false', 'TRUE', 'true ', 'yes', '1', 1, null, {}, ['true']]) {
    it(`takes ${JSON.stringify(value)} as false`, () => {
      assert.equal(booleanClaim({ trustedfordelegation: value }, 'trustedfordelegation'), false)
    })
  }

  it('takes a missing or inherited member as false', () => {
    assert.equal(booleanClaim({}, 'trustedfordelegation'), false)
    assert.equal(booleanClaim(Object.create({ a: true }) as Record<string, unknown>, 'a'), false)
  })
})

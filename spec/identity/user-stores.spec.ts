import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseOptions } from '../../lib/foundation/parse-options.ts'
import { canonicalNameIdentifierIssuer, createUserStores, userStoresSchema } from '../../lib/identity/user-stores.ts'

describe('the canonical spelling of an nii', () => {
  const spellings: readonly [given: string, canonical: string][] = [
    ['urn:office:idp:activedirectory', 'urn:office:idp:activedirectory'],
    ['urn:Office:IdP:ActiveDirectory', 'urn:office:idp:activedirectory'],
    ['urn:federation:MicrosoftOnline', 'urn:federation:microsoftonline'],
    ['trusted:ADFS', 'trusted:adfs'],
    ['urn:office:idp:trusted:adfs', 'trusted:adfs'],
    ['URN:OFFICE:IDP:TRUSTED:ADFS', 'trusted:adfs'],
    ['x-urn:office:idp:trusted:adfs', 'x-urn:office:idp:trusted:adfs'],
    ['urn:office:idp:forms:members', 'urn:office:idp:forms:members'],
  ]
  for (const [given, canonical] of spellings) {
    it(`of ${given} is ${canonical}`, () => {
      assert.equal(canonicalNameIdentifierIssuer(given), canonical)
    })
  }
})

describe('user stores', () => {
  it('are the nii itself without a mapping', () => {
    const { isMapped, storeOf } = createUserStores()
    assert.equal(isMapped, false)
    assert.equal(storeOf('urn:office:idp:trusted:ADFS'), 'trusted:adfs')
  })

  it('are found whatever the spelling', () => {
    const { isMapped, storeOf } = createUserStores({ 'Trusted:ADFS': 'adfs' })
    assert.equal(isMapped, true)
    for (const nii of ['trusted:adfs', 'TRUSTED:adfs', 'urn:office:idp:trusted:adfs'])
      assert.equal(storeOf(nii), 'adfs')
  })

  it('are not found by what is not mapped, nor by members of every object', () => {
    const { storeOf } = createUserStores({ 'trusted:adfs': 'adfs' })
    for (const nii of ['trusted:', 'trusted:adfs2', 'adfs', '__proto__', 'constructor']) {
      assert.equal(storeOf(nii), undefined)
    }
  })

  it('may be mapped twice to the same store, and not to two', () => {
    const twice = (store: string): unknown =>
      createUserStores({ 'trusted:adfs': 'adfs', 'urn:office:idp:trusted:adfs': store })
    assert.doesNotThrow(() => twice('adfs'))
    assert.throws(() => twice('saml'), {
      code: 'ERR_S2S_OPTION_INVALID',
      message: 'userStores maps trusted:adfs, in two spellings, to adfs and to saml; keep one of them',
    })
  })

  it('have names', () => {
    assert.throws(() => parseOptions(userStoresSchema, { 'trusted:adfs': '' }, 'userStores'), {
      message: 'userStores["trusted:adfs"] is empty',
    })
  })
})

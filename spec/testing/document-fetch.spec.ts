import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createDocumentFetch } from '../../lib/testing/document-fetch.ts'

it('documents are answered from memory, everything else with 404', async () => {
  const { fetch, requests } = createDocumentFetch({ 'https://issuer.test/jwks': () => ({ keys: [] }) })
  assert.deepEqual(await (await fetch('https://issuer.test/jwks')).json(), { keys: [] })
  assert.equal((await fetch(new URL('https://issuer.test/other'))).status, 404)
  assert.equal((await fetch(new Request('https://issuer.test/jwks'))).status, 200)
  assert.equal((await fetch('toString')).status, 404)
  assert.deepEqual(requests, [
    'https://issuer.test/jwks',
    'https://issuer.test/other',
    'https://issuer.test/jwks',
    'toString',
  ])
})

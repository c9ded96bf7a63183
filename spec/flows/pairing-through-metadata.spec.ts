import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { fixedClock } from '../support/clock.ts'
import { startPeer, type Peer } from '../support/peer.ts'
import { makeSigningKey } from '../support/signing-keys.ts'

const reports = {
  name: 'reports',
  clientId: '5e2f1a90-7c44-4d0b-9a6e-3f8b1d27c605',
  realm: '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011',
}
const documents = {
  name: 'documents',
  clientId: '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28',
  realm: '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2',
}
const dana = { upn: 'dana@fabrikam.example', nii: 'urn:office:idp:activedirectory' }

describe('two servers that know nothing of each other but an address', () => {
  let first: Peer
  let second: Peer

  before(async () => {
    const keys = await Promise.all([
      makeSigningKey({ commonName: 'Reports' }),
      makeSigningKey({ commonName: 'Documents' }),
    ])
    first = await startPeer({ ...reports, key: keys[0], clock: fixedClock })
    second = await startPeer({ ...documents, key: keys[1], clock: fixedClock })
  })
  after(() => Promise.all([first.close(), second.close()]))

  it('do not work together before they are paired', async () => {
    const answer = await first.clientFor(second).fetch('/reports/1')
    assert.equal(answer.status, 401)
    assert.deepEqual(second.callers, [])
  })

  it('pair through the metadata of one of them: trust is one-way', async () => {
    await second.trust([{ peer: first }])
    const answer = await first.clientFor(second).fetch('/reports/1')
    assert.equal(answer.status, 200)
    assert.deepEqual(await answer.json(), { report: '1' })
    assert.deepEqual(second.callers.map(summaryOf), [
      { kind: 'app', application: { id: reports.clientId, realm: reports.realm }, issuer: 'reports', user: undefined },
    ])
    assert.equal((await second.clientFor(first).fetch('/reports/1')).status, 401)
    assert.deepEqual(first.callers, [])
  })

  it('pair through the metadata of both, each in its own realm', async () => {
    await first.trust([{ peer: second }])
    assert.equal((await second.clientFor(first).fetch('/reports/2')).status, 200)
    assert.equal((await first.clientFor(second).fetch('/reports/2')).status, 200)
    assert.deepEqual(first.callers.map(summaryOf), [
      {
        kind: 'app',
        application: { id: documents.clientId, realm: documents.realm },
        issuer: 'documents',
        user: undefined,
      },
    ])
  })

  it('act for a user only where that is allowed', async () => {
    const onBehalfOf = dana
    assert.equal((await first.clientFor(second).fetch('/reports/3', { onBehalfOf })).status, 403)
    await second.trust([{ peer: first, options: { allowDelegation: { applications: [reports.clientId] } } }])
    assert.equal((await first.clientFor(second).fetch('/reports/3', { onBehalfOf })).status, 200)
    const { kind, user } = summaryOf(second.callers.at(-1))
    assert.equal(kind, 'user+app')
    assert.equal((user as { upn: string }).upn, dana.upn)
  })

  it('fetch the document once for all of that', async () => {
    const fetches = first.requests.filter((request) => request.includes('metadata')).length
    assert.equal((await first.clientFor(second).fetch('/reports/4')).status, 200)
    assert.equal(first.requests.filter((request) => request.includes('metadata')).length, fetches)
  })
})

function summaryOf(caller: unknown): Record<'kind' | 'application' | 'issuer' | 'user', unknown> {
  const { kind, application, issuer, user } = caller as Record<'kind' | 'application' | 'issuer' | 'user', unknown>
  return { kind, application, issuer, user }
}

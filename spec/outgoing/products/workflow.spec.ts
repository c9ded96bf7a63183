import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { workflowManager, type WorkflowManagerOptions } from '../../../lib/outgoing/products/workflow.ts'
import { refusal } from '../../support/refusal.ts'

const url = 'https://workflow.example:12290'
const clientId = '00000005-0000-0000-c000-000000000000'
const metadataEndpoint = 'https://workflow.example:12290/document'

describe('workflowManager', () => {
  it('reads its certificates from the document that is named', () => {
    const { product, trustedIssuer, client } = workflowManager({ url, metadataEndpoint })
    assert.equal(product, 'workflow-manager')
    assert.ok(trustedIssuer.type === 's2s-metadata')
    assert.equal(trustedIssuer.metadataEndpoint, metadataEndpoint)
    assert.deepEqual(client, { target: url, targetClientId: clientId, spelling: 'sharepoint' })
  })

  it('takes its certificates as they are given', () => {
    const { trustedIssuer, client } = workflowManager({ url, realm: 'r', certificates: ['a', { file: 'b' }] })
    assert.deepEqual(trustedIssuer, {
      type: 's2s-certificate',
      name: 'workflow.example:12290',
      isTrustBroker: false,
      acceptSecurityIdentifiers: false,
      allowDelegation: false,
      registeredIssuerName: `${clientId}@r`,
      certificates: ['a', { file: 'b' }],
    })
    assert.deepEqual(client, { target: url, targetClientId: clientId, spelling: 'sharepoint', targetRealm: 'r' })
  })

  it('takes another principal identifier, because its own is not certain', () => {
    const options = { url, realm: 'r', clientId: 'another', delegation: { level: 'full' } } as const
    for (const source of [{ metadataEndpoint }, { certificates: 'a' }] as const) {
      const { trustedIssuer, client } = workflowManager({ ...options, ...source })
      assert.equal(trustedIssuer.registeredIssuerName, 'another@r')
      assert.equal(client.targetClientId, 'another')
      assert.deepEqual(trustedIssuer.allowDelegation, { applications: [{ id: 'another', level: 'full' }] })
    }
  })

  const wrong: readonly (readonly [string, object, RegExp])[] = [
    ['neither document nor certificates', { url }, /either metadataEndpoint or certificates/],
    ['both', { url, realm: 'r', metadataEndpoint, certificates: 'a' }, /either metadataEndpoint or certificates/],
    ['certificates without realm', { url, certificates: 'a' }, /needs realm/],
    ['certificates with thumbprints', { url, realm: 'r', certificates: 'a', thumbprints: ['x'] }, /thumbprints are/],
  ]
  for (const [name, options, told] of wrong) {
    it(`refuses ${name}`, () => {
      assert.throws(() => workflowManager(options as WorkflowManagerOptions), refusal('ERR_S2S_OPTION_INVALID', told))
    })
  }
})

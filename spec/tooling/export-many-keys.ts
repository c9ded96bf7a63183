import { createTestKeyPair } from '../../lib/testing/test-key-pair.ts'

/** Run by a spec in a process of its own, which must end: makes garbage of key pairs and of exported keys side by side. */
const kept: unknown[] = []
for (let round = 0; round < 1500; round++) {
  const { publicKey } = createTestKeyPair('ec256')
  for (let copy = 0; copy < 10; copy++) kept[copy] = publicKey.export({ format: 'jwk' })
}

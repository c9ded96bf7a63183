import { describeMetadataAttack } from '../support/metadata-attack.ts'

/** Keys that take little room: 4,000 of them fit into 512 KiB. */
function small(count: number): object[] {
  return Array.from({ length: count }, (_, index) => ({
    kty: 'OKP',
    crv: 'Ed25519',
    x: Buffer.alloc(32, index).toString('base64url'),
    kid: String(index),
  }))
}

describeMetadataAttack('a document with too many keys', [
  {
    name: 'row 71: a key set of 10,000, which is larger than 512 KiB',
    keySet: () => ({ keys: small(10_000) }),
    code: 'ERR_S2S_KEYS_UNREACHABLE',
  },
  { name: 'row 71: a key set of 4,000', keySet: () => ({ keys: small(4000) }) },
  { name: 'row 71: a key set of 257', keySet: ({ oauth }) => ({ keys: [...oauth.jwks().keys, ...small(255)] }) },
  {
    name: 'row 71: a key set of 256',
    keySet: ({ oauth }) => ({ keys: [...oauth.jwks().keys, ...small(254)] }),
    status: 200,
  },
  {
    name: 'row 71: metadata of 4,000 keys',
    metadata: ({ farm }) => ({ ...farm.metadata('exchange'), keys: small(4000) }),
  },
  {
    name: 'row 71: metadata of 400 times the same certificate',
    metadata: ({ farm }) => {
      const document = farm.metadata('exchange') as { readonly keys: readonly object[] }
      return { ...document, keys: Array.from({ length: 400 }, () => document.keys[0]) }
    },
  },
])

import { constants, sign, type KeyObject } from 'node:crypto'

interface SigningInput {
  readonly key: KeyObject
  readonly padding?: number
  readonly saltLength?: number
  readonly dsaEncoding?: 'ieee-p1363'
}

/** The algorithms of the bench. */
export type BenchAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA'

/** With what tokens are signed. */
export interface TokenSigner {
  readonly algorithm: BenchAlgorithm
  readonly key: KeyObject
  readonly header: Readonly<Record<string, unknown>>
}

const schemes: Readonly<Record<BenchAlgorithm, Omit<SigningInput, 'key'>>> = {
  RS256: {},
  PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
  ES256: { dsaEncoding: 'ieee-p1363' },
  EdDSA: {},
}

/** Signs one token per claims object, on all cores (in Node's thread pool). */
export function signTokens(claims: readonly object[], signer: TokenSigner): Promise<string[]> {
  return Promise.all(
    claims.map(async (each) => {
      const input = signingInput(each, signer)
      const hash = signer.algorithm === 'EdDSA' ? null : 'sha256'
      const signature = await signBytes(hash, Buffer.from(input), { key: signer.key, ...schemes[signer.algorithm] })
      return `${input}.${signature.toString('base64url')}`
    }),
  )
}

/** Header and claims of a token, without its signature. */
export function signingInput(claims: object, { algorithm, header }: Omit<TokenSigner, 'key'>): string {
  return `${encode({ alg: algorithm, ...header })}.${encode(claims)}`
}

/** In Node's thread pool. */
function signBytes(hash: string | null, bytes: Buffer, input: SigningInput): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    sign(hash, bytes, input, (error, signature) => {
      if (error === null) resolve(signature)
      else reject(error)
    })
  })
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

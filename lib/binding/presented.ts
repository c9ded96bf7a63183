/** What a request brought along to prove that its token is its own. Plain data; nothing of it is proved yet. */
export interface Presented {
  /** The authentication scheme that the token came under. */
  readonly scheme: 'bearer' | 'dpop'
  /** What a DPoP proof is held against. */
  readonly dpop?: PresentedDpop
  /**
   * The certificate of the client in DER, from the TLS connection or from a proxy that is trusted to say it; asked for only when
   * a token is bound to one. That the client has its private key must have been proved already, by the TLS handshake.
   */
  readonly clientCertificate?: () => Uint8Array | undefined
}

/** A DPoP proof, and the request that it must be about. */
export interface PresentedDpop {
  /** The value of the `DPoP` header: all of them when there are several; `undefined` when there is none. */
  readonly proof: string | readonly string[] | undefined
  /** The method of the request, in its own letter case. */
  readonly method: string
  /** The path of the request as the client sent it, undecoded and not rewritten; a query is ignored. */
  readonly path: string
  /** Is given a nonce for the next proofs of the client: put it into the `DPoP-Nonce` header of the answer. */
  readonly offerNonce?: (nonce: string) => void
}

/** A way of proving that a token is one's own. */
export type ProofMethod = 'dpop' | 'mtls'

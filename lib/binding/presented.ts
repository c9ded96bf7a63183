/** What a request brought along to prove that its token is its own. Plain data; nothing of it is proved yet. */
export interface Presented {
  /** The authentication scheme that the token came under. Default `bearer`. */
  readonly scheme?: 'bearer' | 'dpop'
  /** What a DPoP proof is held against. */
  readonly dpop?: PresentedDpop
  /**
   * The certificate of the client, from the TLS connection (`socket.getPeerX509Certificate()`) or from a proxy that is trusted
   * to say it; a function is asked only when a token is bound to one. That the client has its private key must have been proved
   * already, by the TLS handshake. Chain and dates are not looked at: RFC 8705 leaves them to the TLS layer.
   */
  readonly clientCertificate?: PresentedCertificate | (() => PresentedCertificate | undefined) | undefined
}

/** A certificate (of `node:crypto`, or as Node's sockets give it), its DER, or what somebody says who has seen it. */
export type PresentedCertificate = { readonly raw: Uint8Array } | Uint8Array | ProvedCertificate

/** The SHA-256 thumbprint (base64url of the DER) of the certificate that a client proved, or why there is none. */
export type ProvedCertificate = { readonly x5tS256: string } | { readonly missing: string }

/** A DPoP proof, and the request that it must be about. */
export interface PresentedDpop {
  /** The value of the `DPoP` header: all of them when there are several; `undefined` when there is none. */
  readonly proof: string | readonly string[] | undefined
  /** The method of the request, in its own letter case. */
  readonly method: string
  /** The path of the request as the client sent it, undecoded and not rewritten; a query is ignored. */
  readonly path: string
  /** The request itself, as an object that is the same for all who look at it: together they use its proof up once. */
  readonly request?: object
  /** Is given a nonce for the next proofs of the client: put it into the `DPoP-Nonce` header of the answer. */
  readonly offerNonce?: (nonce: string) => void
}

/** A way of proving that a token is one's own. */
export type ProofMethod = 'dpop' | 'mtls'

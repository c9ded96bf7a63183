import type { IncomingMessage, ServerResponse } from 'node:http'
import { calculateJwkThumbprint, decodeJwt, EmbeddedJWK, jwtVerify, type JWTPayload } from 'jose'
import { customFetch, validateJwtAccessToken } from 'oauth4webapi'
import { startHttpsServer, type LocalServer } from './https-server.ts'
import { makeNonces, type Nonces } from './nonces.ts'
import { makeOAuthIssuer } from './oauth-issuer.ts'
import { sendJson, startScriptedIssuer, type ScriptedIssuer } from './scripted-issuer.ts'

/** Real time: `oauth4webapi` knows no other. */
const clock = (): number => Date.now() / 1000
const audience = 'https://reports.example'
const algorithms = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'RS256', 'PS256']

/** An issuer that binds its tokens to the key of the proof. */
export interface DPoPIssuer extends ScriptedIssuer {
  readonly nonces: Nonces
  /** Claims of every proof that was good but perhaps for its nonce. */
  readonly proofs: readonly JWTPayload[]
  jwks(this: void): object
}

/** One request that was let in. */
export interface ServedRequest {
  readonly line: string
  readonly body: string
  readonly token: string
  readonly proof: JWTPayload
}

/** A server that takes bound tokens only. */
export interface DPoPTarget extends LocalServer {
  readonly nonces: Nonces
  readonly served: readonly ServedRequest[]
  /** Why others were not let in. */
  readonly refusals: readonly string[]
  /** How many of the next good tokens are refused all the same. */
  unwilling: number
  /** Where a GET of a path is sent on to. */
  readonly redirects: Map<string, string>
}

/** Starts an issuer that checks proofs with `jose`, and binds tokens for ten minutes. */
export async function startDPoPIssuer(): Promise<DPoPIssuer> {
  const nonces = makeNonces()
  const proofs: JWTPayload[] = []
  const issuer = await startScriptedIssuer()
  const keys = makeOAuthIssuer({ issuer: issuer.url, audience, clock, algorithms: ['ES256'] })

  async function giveToken(response: ServerResponse): Promise<void> {
    const proof = String(issuer.tokenRequests.at(-1)?.headers['dpop'])
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', algorithms })
    const { htm, htu, jti, iat = 0, ath } = payload
    const isFresh = Math.abs(iat - clock()) < 5 && !proofs.some((other) => other.jti === jti)
    if (!isFresh || htm !== 'POST' || htu !== `${issuer.url}/token` || ath !== undefined)
      throw new Error('no good proof')
    proofs.push(payload)
    const isAccepted = nonces.accepts(payload['nonce'])
    nonces.give(response)
    if (!isAccepted) {
      sendJson(response, 400, { error: 'use_dpop_nonce' })
      return
    }
    const jkt = await calculateJwkThumbprint(protectedHeader.jwk as object)
    const access_token = await keys.token({ claims: { cnf: { jkt } } })
    sendJson(response, 200, { access_token, token_type: 'DPoP', expires_in: 600 })
  }

  issuer.token = (response) => {
    giveToken(response).catch(() => {
      sendJson(response, 400, { error: 'invalid_dpop_proof' })
    })
  }
  return Object.assign(issuer, { nonces, proofs, jwks: keys.jwks })
}

/** Starts a server that lets in whoever brings a bound token of the issuer and a new proof; `oauth4webapi` judges both. */
export async function startDPoPTarget(issuer: DPoPIssuer): Promise<DPoPTarget> {
  const nonces = makeNonces()
  const served: ServedRequest[] = []
  const refusals: string[] = []
  const metadata = { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` }

  async function judge(request: IncomingMessage): Promise<Omit<ServedRequest, 'body'>> {
    const { method = '', url = '', headers } = request
    const { authorization = '', dpop } = headers
    const judged = new Request(`${target.url}${url}`, { method, headers: { authorization, dpop: String(dpop) } })
    await validateJwtAccessToken(metadata, judged, audience, {
      requireDPoP: true,
      [customFetch]: () => Promise.resolve(Response.json(issuer.jwks())),
    })
    const proof = decodeJwt(String(dpop))
    if (served.some((other) => other.proof.jti === proof.jti)) throw new Error('replayed proof')
    return { line: `${method} ${url}`, token: authorization.slice('DPoP '.length), proof }
  }

  async function answer(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const judged = await judge(request)
    const isAccepted = nonces.accepts(judged.proof['nonce'])
    nonces.give(response)
    if (!isAccepted) refuse(response, 'use_dpop_nonce')
    else if (target.unwilling > 0) {
      target.unwilling -= 1
      refuse(response, 'invalid_token')
    } else {
      served.push({ ...judged, body })
      const location = target.redirects.get(request.url ?? '')
      response.writeHead(location === undefined ? 200 : 302, location === undefined ? {} : { location }).end('served')
    }
  }

  function refuse(response: ServerResponse, error: string): void {
    refusals.push(error)
    response.writeHead(401, { 'www-authenticate': `DPoP realm="target", error="${error}"` }).end()
  }

  const server = await startHttpsServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      answer(request, response, Buffer.concat(chunks).toString()).catch((error: unknown) => {
        refusals.push(String(error))
        response.writeHead(401, { 'www-authenticate': 'DPoP error="invalid_token"' }).end()
      })
    })
  })
  const target: DPoPTarget = { ...server, nonces, served, refusals, unwilling: 0, redirects: new Map() }
  return target
}

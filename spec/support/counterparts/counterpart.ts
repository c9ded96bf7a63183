import { createSign } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { makeCertificate, type TestCertificate } from '../certificates.ts'
import type { Clock } from '../../../lib/foundation/clock.ts'
import { startHttpsServer, type LocalServer } from '../https-server.ts'
import { readPartner } from './read-partner.ts'
import { Refused, validateStrictly, type Partner, type SeenCaller } from './validate-strictly.ts'

/** What makes one product another than the next. */
export interface Product {
  readonly clientId: string
  readonly metadataPath: string
  /** Its metadata document, as text: products escape differently. */
  readonly document: (server: PublishedServer) => string
  /** Its answer to an empty bearer credential: values of WWW-Authenticate, one a line. */
  readonly challenges: (server: PublishedServer) => readonly string[]
  /** Its answer to a request without any credential. */
  readonly anonymous: readonly string[]
  /** What else it says when it refuses a token. */
  readonly refusal: (reason: string) => { readonly headers: Readonly<Record<string, string>>; readonly body: string }
  readonly userAttributes: readonly string[]
  /** Seconds its actor tokens live. */
  readonly lifetimeSeconds: number
  /** Members of the signed header beside `typ` and `alg`. */
  readonly header: (certificate: TestCertificate) => object
  /** How it names a user in the outer token. */
  readonly nameUser: (user: NamedUser) => object
}

/** A user of the company, with all names. */
export interface NamedUser {
  readonly sid: string
  readonly upn: string
  readonly smtp: string
  readonly sip: string
}

/** What a document and a challenge are made of. */
export interface PublishedServer {
  readonly issuer: string
  readonly realm: string
  readonly host: string
  readonly certificates: readonly TestCertificate[]
  /** Names of the issuers it believes. */
  readonly trusted: readonly string[]
}

/** The server that a token is for. */
export interface TokenTarget {
  readonly clientId: string
  readonly realm: string
  readonly host: string
}

/** Claims that replace the usual ones (`undefined` takes one out), or another signer. */
export interface TokenChanges {
  readonly actor?: Readonly<Record<string, unknown>>
  readonly outer?: Readonly<Record<string, unknown>>
  readonly certificate?: TestCertificate
}

/** A server of the product that is called and calls. */
export interface Counterpart extends LocalServer {
  readonly clientId: string
  readonly realm: string
  /** `clientId@realm`. */
  readonly issuer: string
  /** Who got through, in the order of the calls. */
  readonly callers: readonly SeenCaller[]
  /** Why tokens were refused, in the order of the calls. */
  readonly refusals: readonly string[]
  /** Every `Authorization` header that arrived, by path. */
  readonly credentials: readonly string[]
  /** Believes the server whose metadata document is at the address. */
  trust(address: string): Promise<void>
  /** Publishes one more certificate; signs with it from `sign` on. */
  publish(certificate: TestCertificate): void
  signWith(certificate: TestCertificate): void
  appOnlyToken(target: TokenTarget, changes?: TokenChanges): string
  userToken(target: TokenTarget, user: NamedUser, changes?: TokenChanges): string
}

/** Starts a server of the product over real TLS; it believes nobody yet. */
export async function startCounterpart(
  product: Product,
  { realm, clock }: { readonly realm: string; readonly clock: Clock },
): Promise<Counterpart> {
  const issuer = `${product.clientId}@${realm}`
  const first = await makeCertificate({ commonName: 'Counterpart Security Token Service' })
  const certificates = [first]
  const partners: Partner[] = []
  const callers: SeenCaller[] = []
  const refusals: string[] = []
  const credentials: string[] = []
  let signer = first

  function published(): PublishedServer {
    const trusted = [...partners.map((partner) => partner.issuer), issuer]
    return { issuer, realm, host: `localhost:${server.port}`, certificates, trusted }
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === product.metadataPath) {
      response.setHeader('content-type', 'application/json').end(product.document(published()))
      return
    }
    const credential = request.headers.authorization
    if (credential !== undefined) credentials.push(credential)
    if (credential === undefined) challenge(response, product.anonymous)
    else if (credential.trim() === 'Bearer') challenge(response, product.challenges(published()))
    else judge(credential, response)
  }

  function judge(credential: string, response: ServerResponse): void {
    const receiver = {
      clientId: product.clientId,
      realm,
      host: `localhost:${server.port}`,
      partners,
      userAttributes: product.userAttributes,
      now: clock(),
    }
    try {
      const [scheme, token = ''] = credential.split(' ')
      if (scheme !== 'Bearer') throw new Refused('the scheme is Bearer')
      const caller = validateStrictly(token, receiver)
      callers.push(caller)
      response.setHeader('content-type', 'application/json').end(JSON.stringify(caller))
    } catch (error) {
      const reason = (error as Error).message
      refusals.push(reason)
      const { headers, body } = product.refusal(reason)
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      challenge(response, product.challenges(published()), body)
    }
  }

  const server = await startHttpsServer(answer)

  function claimsFor({ clientId, host, realm: targetRealm }: TokenTarget): Readonly<Record<string, unknown>> {
    const now = Math.floor(clock())
    const dates = { nbf: String(now), exp: String(now + product.lifetimeSeconds) }
    return { aud: `${clientId}/${host}@${targetRealm}`, iss: issuer, ...dates }
  }

  function signed(claims: object, certificate = signer): string {
    const header = { typ: 'JWT', alg: 'RS256', ...product.header(certificate) }
    const input = `${encode(header)}.${encode(claims)}`
    return `${input}.${createSign('sha256').update(input).sign(certificate.privateKey, 'base64url')}`
  }

  return {
    ...server,
    clientId: product.clientId,
    realm,
    issuer,
    callers,
    refusals,
    credentials,
    trust: async (address) => {
      partners.push(await readPartner(address, server.ca))
    },
    publish: (certificate) => certificates.push(certificate),
    signWith: (certificate) => {
      signer = certificate
    },
    appOnlyToken: (target, { actor, certificate } = {}) =>
      signed({ ...claimsFor(target), nameid: issuer, ...actor }, certificate),
    userToken: (target, user, { actor, outer, certificate } = {}) => {
      const claims = claimsFor(target)
      const delegation = { nameid: issuer, trustedfordelegation: 'true' }
      const actortoken = signed({ ...claims, ...delegation, ...actor }, certificate)
      const names = product.nameUser(user)
      return `${encode({ typ: 'JWT', alg: 'none' })}.${encode({ ...claims, ...names, actortoken, ...outer })}.`
    },
  }
}

function challenge(response: ServerResponse, values: readonly string[], body = ''): void {
  response.statusCode = 401
  response.setHeader('www-authenticate', values)
  response.end(body)
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

import { createHash, X509Certificate } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createLocalJWKSet, jwtVerify, type JWTPayload } from 'jose'
import type { Clock } from '../../lib/foundation/clock.ts'
import { startHttpsServer, type LocalServer } from './https-server.ts'
import { makeOAuthIssuer, type OAuthIssuer } from './oauth-issuer.ts'

export interface DelegationIssuerOptions {
  readonly clock: Clock
  /** The server in the middle, which may exchange tokens that were issued for it. */
  readonly client: {
    readonly id: string
    /** What tokens for the server in the middle carry in `aud`. */
    readonly audience: string
    readonly secret: string
    /** PEM; assertions are signed with its key. */
    readonly certificatePem: string
  }
  /** What tokens for the server behind it carry in `aud`; what it is called in requests. */
  readonly targetAudience: string
}

/** A local issuer that exchanges tokens as RFC 8693 section 2 and Entra's on-behalf-of documentation say. */
export interface DelegationIssuer extends LocalServer {
  readonly issuer: OAuthIssuer
  /** The token of a user for the server in the middle. */
  userToken(user: string, claims?: Readonly<Record<string, unknown>>): Promise<string>
  /** The form of every token request so far. */
  readonly forms: readonly URLSearchParams[]
  /** The `Authorization` of every token request so far. */
  readonly credentials: readonly (string | undefined)[]
}

const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** A refusal of RFC 6749 section 5.2. */
class Refusal extends Error {
  readonly status: number
  constructor(error: string, status = 400) {
    super(error)
    this.status = status
  }
}

/** Starts the issuer. It has discovery, a key set and a token endpoint. */
export async function startDelegationIssuer(options: DelegationIssuerOptions): Promise<DelegationIssuer> {
  const forms: URLSearchParams[] = []
  const credentials: (string | undefined)[] = []
  const state: { issuer?: OAuthIssuer } = {}
  const server = await startHttpsServer((request, response) => {
    const { issuer } = state
    if (issuer !== undefined) void answer(request, response, { options, issuer, forms, credentials })
  })
  const { client, clock } = options
  const own = makeOAuthIssuer({ issuer: server.url, audience: client.audience, clock })
  state.issuer = own
  const userToken: DelegationIssuer['userToken'] = (user, claims) =>
    own.token({ claims: { sub: user, client_id: 'browser-app', scope: 'documents.read', ...claims } })
  return { ...server, issuer: own, forms, credentials, userToken }
}

interface Desk {
  readonly options: DelegationIssuerOptions
  readonly issuer: OAuthIssuer
  readonly forms: URLSearchParams[]
  readonly credentials: (string | undefined)[]
}

async function answer(request: IncomingMessage, response: ServerResponse, desk: Desk): Promise<void> {
  const { url } = request
  const { issuer } = desk.issuer
  if (url === '/.well-known/openid-configuration') {
    send(response, 200, { ...desk.issuer.metadata(), token_endpoint: `${issuer}/token` })
  } else if (url === '/jwks') {
    send(response, 200, desk.issuer.jwks())
  } else if (url === '/token' && request.method === 'POST') {
    await exchange(request, desk).then(
      (document) => {
        send(response, 200, document)
      },
      (error: unknown) => {
        const { message, status } = error instanceof Refusal ? error : new Refusal('server_error', 500)
        send(response, status, { error: message, error_description: `because ${String(error)}` })
      },
    )
  } else {
    response.writeHead(404).end()
  }
}

function send(response: ServerResponse, status: number, document: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(document))
}

async function exchange(request: IncomingMessage, desk: Desk): Promise<object> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) body += chunk
  if (request.headers['content-type'] !== 'application/x-www-form-urlencoded;charset=UTF-8') {
    throw new Refusal('invalid_request')
  }
  const form = new URLSearchParams(body)
  desk.forms.push(form)
  desk.credentials.push(request.headers.authorization)
  await authenticate(request.headers.authorization, form, desk)
  switch (form.get('grant_type')) {
    case tokenExchange:
      return exchangeToken(form, desk)
    case jwtBearer:
      return actOnBehalf(form, desk)
    default:
      throw new Refusal('unsupported_grant_type')
  }
}

const usedAssertions = new Set<string>()

/** RFC 6749 section 2.3.1 or RFC 7523 section 3; never both. */
async function authenticate(credential: string | undefined, form: URLSearchParams, desk: Desk): Promise<void> {
  const { client } = desk.options
  const assertion = form.get('client_assertion')
  if (assertion === null) {
    const text = Buffer.from(credential?.replace(/^Basic /, '') ?? '', 'base64').toString()
    const [id = '', secret = ''] = text.split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')))
    if (id !== client.id || secret !== client.secret) throw new Refusal('invalid_client', 401)
    return
  }
  if (credential !== undefined || form.get('client_assertion_type') !== assertionType)
    throw new Refusal('invalid_client', 401)
  const certificate = new X509Certificate(client.certificatePem)
  const { protectedHeader, payload } = await jwtVerify(assertion, certificate.publicKey, {
    algorithms: ['RS256', 'PS256'],
    typ: 'JWT',
    issuer: client.id,
    subject: client.id,
    audience: [desk.issuer.issuer, `${desk.issuer.issuer}/token`],
    requiredClaims: ['jti', 'exp', 'iat', 'nbf'],
    currentDate: new Date(desk.options.clock() * 1000),
    maxTokenAge: 300,
  }).catch(() => {
    throw new Refusal('invalid_client', 401)
  })
  const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url')
  if (protectedHeader['x5t#S256'] !== thumbprint || usedAssertions.has(String(payload.jti))) {
    throw new Refusal('invalid_client', 401)
  }
  usedAssertions.add(String(payload.jti))
}

/** RFC 8693 section 2: the user stays the subject, the server in the middle becomes the actor. */
async function exchangeToken(form: URLSearchParams, desk: Desk): Promise<object> {
  if (form.get('subject_token_type') !== accessTokenType) throw new Refusal('invalid_request')
  if (![form.get('audience'), form.get('resource')].includes(desk.options.targetAudience))
    throw new Refusal('invalid_target')
  const subject = await verifySubject(form.get('subject_token'), desk)
  const scope = form.get('scope') ?? 'reports.read'
  const { id } = desk.options.client
  const claims = { sub: subject.sub, client_id: id, azp: id, act: { sub: id }, scope, aud: desk.options.targetAudience }
  const access_token = await desk.issuer.token({ claims })
  return { access_token, issued_token_type: accessTokenType, token_type: 'Bearer', expires_in: 600, scope }
}

/** Entra: v2.0 token endpoint, `scope` names the target, the user is in `oid`, the server in the middle in `azp`. */
async function actOnBehalf(form: URLSearchParams, desk: Desk): Promise<object> {
  const { client, targetAudience } = desk.options
  if (form.get('requested_token_use') !== 'on_behalf_of') throw new Refusal('invalid_request')
  if (form.get('scope') !== `${targetAudience}/.default`) throw new Refusal('invalid_scope')
  const subject = await verifySubject(form.get('assertion'), desk)
  if (subject['mfa'] === 'missing') throw new Refusal('interaction_required')
  const claims = {
    ...{ aud: targetAudience, azp: client.id, azpacr: '2', client_id: undefined, ver: '2.0', tid: 'tenant' },
    ...{ sub: `pairwise-${String(subject.sub)}`, oid: subject.sub, scp: 'reports.read', scope: undefined },
  }
  const access_token = await desk.issuer.token({ claims, header: { typ: 'JWT' } })
  return { token_type: 'Bearer', scope: form.get('scope'), expires_in: 3599, ext_expires_in: 3599, access_token }
}

/** Only a token that was issued for the server in the middle may be exchanged by it. */
async function verifySubject(token: string | null, { options, issuer }: Desk): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token ?? '', createLocalJWKSet(issuer.jwks()), {
    issuer: issuer.issuer,
    audience: options.client.audience,
    currentDate: new Date(options.clock() * 1000),
  }).catch(() => {
    throw new Refusal('invalid_grant')
  })
  return payload
}

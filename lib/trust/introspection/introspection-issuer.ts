import type { AuditEvent } from '../../audit/audit-event.ts'
import { ConfigurationError, S2SError, UnavailableError } from '../../foundation/errors.ts'
import type { FetchJsonOptions } from '../../foundation/fetch-json.ts'
import type { RefreshingValue } from '../../foundation/refreshing-value.ts'
import type { AssertionSigner } from '../../oauth/client-authentication.ts'
import type { AskAboutToken } from '../../oauth/introspection-request.ts'
import { loadIntrospectionRequest } from '../../oauth/load-introspection-request.ts'
import { readClientCredentials, type ClientCredentials } from '../../oauth/read-client-credentials.ts'
import { createOAuthIssuer } from '../issuer-policy.ts'
import type { OAuthTrustedIssuer, TrustContext } from '../trusted-issuer.ts'
import { createIntrospectionKeys, type IntrospectionKeys } from './introspection-keys.ts'
import type { IntrospectionIssuerOptions } from './introspection-options.ts'
import { discoverIntrospectionPlace } from './introspection-place.ts'
import { createIntrospectionTransport } from './introspection-transport.ts'
import { createIntrospector, type Introspector } from './introspector.ts'

/** An answer is as large as a token may be, with room for what issuers add. */
const maximumAnswerBytes = 32 * 1024

/**
 * An OAuth 2.0 issuer that is asked about its tokens (RFC 7662). Secrets and keys are read now; nothing is asked before a
 * token comes, and `oauth4webapi` is loaded then.
 *
 * Does not judge what the issuer says (see `VerifiedIntrospection`).
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function createIntrospectionIssuer(
  options: IntrospectionIssuerOptions,
  context: TrustContext,
): OAuthTrustedIssuer {
  const fetchOptions = createIntrospectionTransport(options, context)
  const place = options.introspectionEndpoint ?? discoverPlace(options, fetchOptions, context)
  const keys = createIntrospectionKeys(place, context.clock)
  const introspector = wireIntrospector(options, {
    context,
    keys,
    askIssuer: createQuestion(options, { context, fetchOptions, place }),
  })
  const policy = createOAuthIssuer(
    // What is asked about can be revoked: it need not end soon.
    { ...options, maximumLifetimeSeconds: options.maximumLifetimeSeconds ?? Infinity },
    { ...keys, close: closeBoth(keys, introspector) },
    context,
  )
  return {
    ...policy,
    introspection: {
      accepts: options.accepts ?? 'opaque',
      tokenPrefix: options.tokenPrefix,
      acceptsMissingAudience: options.acceptMissingAudience ?? false,
      acceptsMissingTokenType: options.acceptMissingTokenType ?? false,
      ask: introspector.ask,
      held: introspector.held,
    },
  }
}

function closeBoth(keys: IntrospectionKeys, introspector: Introspector): () => void {
  return () => {
    keys.close()
    introspector.close()
  }
}

type AskIssuer = (token: string) => ReturnType<AskAboutToken>

function wireIntrospector(
  { issuer, name = issuer, cacheSeconds = 30 }: IntrospectionIssuerOptions,
  parts: { readonly context: TrustContext; readonly keys: IntrospectionKeys; readonly askIssuer: AskIssuer },
): Introspector {
  const { context, keys, askIssuer } = parts
  const { clock, audit } = context
  return createIntrospector({
    issuer: name,
    cacheSeconds,
    clock,
    request: askIssuer,
    onAnswer: () => {
      if (keys.answered()) audit.emit(() => ({ name: 'introspection.recovered', outcome: 'notice', issuer: name }))
    },
    onFailure: (error) => {
      keys.failed(error)
      const failure = describe(error)
      audit.emit(() => ({ name: 'introspection.unavailable', outcome: 'unavailable', issuer: name, ...failure }))
    },
  })
}

interface QuestionParts {
  readonly context: TrustContext
  readonly fetchOptions: FetchJsonOptions
  readonly place: string | RefreshingValue<string>
}

/** Everything that fails here is an outage; of what failed only our own sentences are passed on. */
function createQuestion(
  options: IntrospectionIssuerOptions,
  { context, fetchOptions, place }: QuestionParts,
): AskIssuer {
  const { issuer, clientId, maximumBytes = maximumAnswerBytes } = options
  const credentials = readCredentials(options, context)
  const request = {
    issuer,
    clientId,
    credentials,
    signer: signerOf(context),
    fetchOptions: { ...fetchOptions, maximumBytes },
  }
  let loaded: Promise<AskAboutToken> | undefined

  return async function askIssuer(token) {
    try {
      const endpoint = typeof place === 'string' ? place : await place.current()
      loaded ??= loadIntrospectionRequest(request)
      return await (
        await loaded
      )(endpoint, token)
    } catch (error) {
      if (error instanceof UnavailableError && error.code === 'ERR_S2S_INTROSPECTION_UNAVAILABLE') throw error
      const { reason = `${issuer} could not be asked` } = describe(error)
      throw new UnavailableError('ERR_S2S_INTROSPECTION_UNAVAILABLE', reason)
    }
  }
}

function describe(error: unknown): Pick<AuditEvent, 'code' | 'reason'> {
  return error instanceof S2SError
    ? { code: error.code, reason: error.reason }
    : { code: 'ERR_S2S_INTROSPECTION_UNAVAILABLE' }
}

function discoverPlace(
  { issuer, authentication }: IntrospectionIssuerOptions,
  fetchOptions: FetchJsonOptions,
  context: TrustContext,
): RefreshingValue<string> {
  const showsCertificate = authentication.type === 'mtls'
  return discoverIntrospectionPlace({ issuer, showsCertificate, fetchOptions }, context)
}

function readCredentials(
  { issuer, authentication }: IntrospectionIssuerOptions,
  { currentKey }: TrustContext,
): ClientCredentials {
  const name = `${issuer}: authentication`
  const credentials = readClientCredentials(authentication, name)
  if (credentials.type !== 'private_key_jwt') return credentials
  if (credentials.options.assertionAudience === 'token-endpoint') {
    throw invalid(`${name}.assertionAudience must be left out: assertions for introspection are for the issuer`)
  }
  if (credentials.ownKey === undefined && currentKey === undefined) {
    throw invalid(`${name}.key is missing; give a key, or set self.signingKeys`)
  }
  return credentials
}

/** That there is a key where one is needed was checked with the credentials. */
function signerOf({ clock, currentKey }: TrustContext): AssertionSigner {
  return { clock, currentKey: currentKey as AssertionSigner['currentKey'] }
}

function invalid(reason: string): ConfigurationError {
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', reason)
}

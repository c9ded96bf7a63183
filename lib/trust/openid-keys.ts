import { UnavailableError } from '../foundation/errors.ts'
import type { RefreshingValue } from '../foundation/refreshing-value.ts'
import { whenReady } from '../foundation/when-ready.ts'
import { parseJwks, type JwksKey, type JwksUse } from '../keys/jwks-key-set.ts'
import { keyThumbprint } from '../keys/key-thumbprint.ts'
import type { KeySet } from '../keys/key-set.ts'
import { parseOpenIdMetadata, type OpenIdMetadata } from '../metadata/openid-metadata.ts'
import { firstDocument } from './first-document.ts'
import type { RemoteKeysOptions } from './issuer-options.ts'
import type { DiscoveryToken } from './discovery-token.ts'
import { createFetcher, createRemoteSource, type DocumentFetch } from './remote-keys.ts'
import type { KeySource, TrustContext } from './trusted-issuer.ts'

/** Where the keys of an OpenID issuer are found. */
export interface OpenIdKeysOptions {
  /** For audit events. */
  readonly name: string
  /** Addresses of the discovery document, asked in turn; the first document decides. */
  readonly discoveryUrls: readonly string[]
  /** What the document's `issuer` must be, to the letter: the `iss` of the tokens, or Entra's template of it. */
  readonly documentIssuer: string
  /** Without discovery. */
  readonly jwksUri?: string | undefined
  /** Which keys of the set count. Default `sig`. */
  readonly use?: JwksUse
  readonly discoveryToken?: DiscoveryToken | undefined
  readonly remote: RemoteKeysOptions
}

/** What discovery told, or what stands in its place. */
type KeyPlace = Pick<OpenIdMetadata, 'jwksUri' | 'cloudInstanceName'>

/**
 * The signature keys of an OpenID issuer, discovered and kept fresh. Dropped from every set are our own keys, and those
 * of another Microsoft cloud than the document's, where both name one (Entra's sets hold keys of national clouds too).
 * Nothing is fetched before it is needed.
 *
 * Does not choose a key (see `keySetsOf`).
 *
 * @see OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3
 */
export function createOpenIdKeys(
  options: OpenIdKeysOptions,
  context: TrustContext,
): RefreshingValue<readonly JwksKey[]> {
  const { name, remote, use, discoveryToken } = options
  const beginLook = createFetcher({ ...remote, discoveryToken }, context)
  let discovered: KeyPlace | undefined

  async function load(): Promise<readonly JwksKey[]> {
    const fetchDocument = beginLook()
    const place = givenPlace(options) ?? discovered ?? (await discover(options, fetchDocument))
    discovered = undefined
    const keys = foreignKeys(parseJwks(await fetchDocument(place.jwksUri), use).keys, context)
    discovered = place
    return keysOfCloud(keys, place)
  }

  const { discoveryUrls, documentIssuer, jwksUri } = options
  const origin = {
    kind: 'openid',
    place: { discoveryUrls, documentIssuer, jwksUri, use, discoveryToken },
    options: remote,
  } as const
  return createRemoteSource({ name, origin, context, load })
}

/**
 * The key source of one issuer over keys that may serve several. A key set is made once for each state of the keys;
 * `close` ends what the issuer uses.
 */
export function keySetsOf<Keys>(
  keys: RefreshingValue<Keys>,
  createKeySet: (keys: Keys) => KeySet,
  close: () => void,
): KeySource {
  let made: { readonly from: Keys; readonly keySet: KeySet } | undefined
  function keySetOf(from: Keys): KeySet {
    if (made?.from !== from) made = { from, keySet: createKeySet(from) }
    return made.keySet
  }
  return {
    current: () => whenReady(keys.current(), keySetOf),
    refresh: () => whenReady(keys.refresh(), ({ value, fresh }) => ({ value: keySetOf(value), fresh })),
    failing: () => keys.failing(),
    state: () => {
      const { value, ...others } = keys.state()
      return { value: value === undefined ? undefined : keySetOf(value), ...others }
    },
    close,
  }
}

function givenPlace({ jwksUri }: OpenIdKeysOptions): KeyPlace | undefined {
  return jwksUri === undefined ? undefined : { jwksUri }
}

/** @see Microsoft.IdentityModel.Validators: EnableEntraIdSigningKeyCloudInstanceNameValidation */
function keysOfCloud(keys: readonly JwksKey[], { cloudInstanceName: cloud }: KeyPlace): readonly JwksKey[] {
  return keys.filter(
    ({ cloudInstanceName }) => cloud === undefined || cloudInstanceName === undefined || cloudInstanceName === cloud,
  )
}

/** Our own key is never a foreign issuer's, whoever publishes it (CVE-2026-55040). */
function foreignKeys(keys: readonly JwksKey[], { ownKeys }: TrustContext): readonly JwksKey[] {
  const foreign = keys.filter(({ key }) => !ownKeys.has(keyThumbprint(key)))
  if (foreign.length > 0) return foreign
  throw new UnavailableError('ERR_S2S_METADATA_INVALID', "the key set has this server's own key only")
}

async function discover(
  { discoveryUrls, documentIssuer }: OpenIdKeysOptions,
  fetchDocument: DocumentFetch,
): Promise<KeyPlace> {
  return parseOpenIdMetadata(await firstDocument(discoveryUrls, documentIssuer, fetchDocument), documentIssuer)
}

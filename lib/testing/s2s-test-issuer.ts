import { systemClock, type Clock } from '../foundation/clock.ts'
import { buildS2SMetadata, s2sMetadataPaths } from '../metadata/build-s2s-metadata.ts'
import type { S2SCertificateIssuerOptions, S2SMetadataIssuerOptions } from '../trust/issuer-options.ts'
import { createDocumentFetch } from './document-fetch.ts'
import { compact, forgeToken } from './forge-token.ts'
import { createTestCertificate, type TestCertificate } from './test-certificate.ts'
import type { S2STestIssuerOptions } from './test-issuer-options.ts'
import type { Members, TokenChanges } from './token-changes.ts'

/** What differs from the usual pair of an unsigned outer token and the signed actor token inside. */
export interface S2SUserTokenChanges {
  /** Who is named. Default: Dana, by SID and UPN. */
  readonly user?: Members
  /** Header of the outer token. */
  readonly header?: Members
  /** Claims of the outer token; `actortoken` replaces the actor token. */
  readonly claims?: Members
  /** Third segment of the outer token. Default: empty, as the protocol has it. */
  readonly signature?: string
  /** What differs in the actor token. */
  readonly actor?: TokenChanges
}

/** An S2S issuer in memory. Dates are texts, as SharePoint writes them; tokens began ten minutes ago and last an hour. */
export interface S2STestIssuer {
  readonly protocol: 's2s'
  /** For `trustedIssuers` of `createS2S`. */
  readonly options: S2SMetadataIssuerOptions | S2SCertificateIssuerOptions
  /** `iss` of its tokens, `issuerId@realm`. */
  readonly issuer: string
  /** The application that calls, `applicationId@realm`. */
  readonly applicationName: string
  readonly audience: string
  readonly clock: Clock
  readonly certificate: TestCertificate
  /** Addresses that the server asked for, in turn; none for `s2s-certificate`. */
  readonly requests: readonly string[]
  /** A signed token of the application on its own. */
  appToken(this: void, changes?: TokenChanges): string
  /** A signed token that says the application is trusted for delegation. */
  actorToken(this: void, changes?: TokenChanges): string
  /** An unsigned token that names a user, around an actor token. */
  userToken(this: void, changes?: S2SUserTokenChanges): string
  /** A user token of ACS: one signed token that names the user in `nameid` and the application in `actor`. */
  acsUserToken(this: void, changes?: TokenChanges): string
}

const usualApplication = 'c3ab8885-458f-4864-8804-1608145e2ac4'

/** The user of the usual user token. */
export const dana: Members = {
  nameid: 's-1-5-21-1111111111-2222222222-333333333-1107',
  nii: 'urn:office:idp:activedirectory',
  upn: 'dana@fabrikam.example',
}

/** @internal See `createTestIssuer`. */
export async function createS2STestIssuer(options: S2STestIssuerOptions): Promise<S2STestIssuer> {
  const certificate = options.certificate ?? (await createTestCertificate({ commonName: 'Test Issuer' }))
  const names = namesOf(options)
  const { issuer, applicationName } = names
  const { audience, clock = systemClock } = options
  const { fetch, requests } = createDocumentFetch({ [endpoint]: () => metadataOf(names, certificate) })
  const sign = (claims: Members, { header, claims: changed, algorithm = 'RS256', key }: TokenChanges): string =>
    forgeToken({
      header: { typ: 'JWT', alg: algorithm, x5t: certificate.x5t, ...header },
      claims: { aud: audience, ...datesAround(clock), iss: issuer, ...claims, ...changed },
      algorithm,
      key: key ?? certificate.privateKey,
    })
  const actorToken = (changes: TokenChanges = {}): string =>
    sign({ nameid: applicationName, trustedfordelegation: 'true' }, changes)
  const userToken = ({ user = dana, header, claims, signature, actor }: S2SUserTokenChanges = {}): string =>
    compact(
      { typ: 'JWT', alg: 'none', ...header },
      {
        ...{ aud: audience, ...datesAround(clock), iss: applicationName, ...user },
        ...{ actortoken: actorToken(actor), ...claims },
      },
      signature,
    )
  return {
    protocol: 's2s',
    options: { ...trustOf(options, names), ...keysOf(options, certificate, fetch), registeredIssuerName: issuer },
    issuer,
    applicationName,
    audience,
    clock,
    certificate,
    requests,
    appToken: (changes = {}) => sign({ nameid: applicationName }, changes),
    actorToken,
    userToken,
    acsUserToken: (changes = {}) =>
      sign({ nameid: dana['nameid'], actor: applicationName, identityprovider: dana['nii'] }, changes),
  }
}

interface IssuerNames {
  readonly realm: string
  readonly issuerId: string
  readonly issuer: string
  readonly applicationName: string
}

function namesOf({ audience, realm, issuerId, applicationId = usualApplication }: S2STestIssuerOptions): IssuerNames {
  const ownRealm = realm ?? audience.slice(audience.indexOf('@') + 1)
  const signer = issuerId ?? applicationId
  return {
    realm: ownRealm,
    issuerId: signer,
    issuer: `${signer}@${ownRealm}`,
    applicationName: `${applicationId}@${ownRealm}`,
  }
}

function trustOf(
  { name, trust }: S2STestIssuerOptions,
  { issuer, applicationName }: IssuerNames,
): Omit<S2SCertificateIssuerOptions, 'type' | 'certificates' | 'registeredIssuerName'> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(issuer === applicationName ? {} : { isTrustBroker: true }),
    ...trust,
  }
}

/** Where a metadata issuer says its document is; nobody is asked there. */
const endpoint = `https://issuer.test${s2sMetadataPaths.sharepoint}`

type KeyOptions =
  | Pick<S2SMetadataIssuerOptions, 'type' | 'metadataEndpoint' | 'fetch'>
  | Pick<S2SCertificateIssuerOptions, 'type' | 'certificates'>

function keysOf(
  { type }: S2STestIssuerOptions,
  { certificatePem }: TestCertificate,
  fetch: typeof globalThis.fetch,
): KeyOptions {
  if (type === 's2s-metadata') return { type, metadataEndpoint: endpoint, fetch }
  return { type, certificates: certificatePem }
}

function metadataOf({ issuerId, realm }: IssuerNames, certificate: TestCertificate): object {
  const self = { clientId: issuerId, realm, hosts: [] }
  return buildS2SMetadata({ self, keys: [certificate], origin: new URL(endpoint).origin, product: 'sharepoint' })
}

function datesAround(clock: Clock): Members {
  const now = Math.floor(clock())
  return { nbf: String(now - 600), exp: String(now + 3000) }
}

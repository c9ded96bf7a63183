import type { TestCertificate } from '../certificates.ts'
import type { NamedUser, Product, PublishedServer } from './counterpart.ts'

const windows = 'urn:office:idp:activedirectory'

function x5tOnly({ x5t }: TestCertificate): object {
  return { x5t }
}

/** The document in the spelling of Exchange's documentation, with all members. */
function documentedDocument(name: string, path: string): (server: PublishedServer) => string {
  return ({ issuer, realm, host, certificates }) =>
    JSON.stringify({
      id: '_3d5f0e9a-7f10-4c52-9a63-0c1b2d3e4f50',
      version: '1.0',
      name,
      realm,
      serviceName: issuer.split('@')[0],
      issuer,
      allowedAudiences: [issuer],
      keys: certificates.map(({ x5t, derBase64 }) => ({
        usage: 'signing',
        keyinfo: { x5t },
        keyvalue: { type: 'x509Certificate', value: derBase64 },
      })),
      endpoints: [{ location: `https://${host}${path}`, protocol: 'OAuth2', usage: 'metadata' }],
    })
}

function clientIdOf({ issuer }: PublishedServer): string {
  return issuer.split('@')[0] ?? ''
}

/** SharePoint Server Subscription Edition: the document of 2026, with few members, escaped slashes and its own case. */
export const sharePoint: Product = {
  clientId: '00000003-0000-0ff1-ce00-000000000000',
  metadataPath: '/_layouts/15/metadata/json/1',
  document: (server) =>
    JSON.stringify({
      issuer: server.issuer,
      keys: server.certificates.map(({ derBase64 }) => ({
        keyValue: { type: 'x509certificate', value: derBase64 },
        usage: 'Signing',
      })),
      name: clientIdOf(server),
      serviceName: clientIdOf(server),
    }).replaceAll('/', '\\/'),
  challenges: (server) => [
    `NTLM, Bearer realm="${server.realm}",client_id="${clientIdOf(server)}",trusted_issuers="${server.trusted.join(',')}"`,
  ],
  anonymous: ['NTLM'],
  refusal: (reason) => ({
    headers: {
      'x-ms-diagnostics': `3000006;reason="${reason}";category="invalid_client"`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ error: 'invalid_client', error_description: reason }),
  }),
  userAttributes: ['nameid', 'upn', 'smtp', 'sip'],
  lifetimeSeconds: 43_200,
  header: x5tOnly,
  nameUser: ({ sid, upn }: NamedUser) => ({ nameid: sid, nii: windows, upn }),
}

/** Exchange Server: a challenge without realm, Basic on a line of its own; no SIDs. */
export const exchange: Product = {
  clientId: '00000002-0000-0ff1-ce00-000000000000',
  metadataPath: '/autodiscover/metadata/json/1',
  document: documentedDocument('Exchange', '/autodiscover/metadata/json/1'),
  challenges: (server) => [
    `Bearer client_id="${clientIdOf(server)}", trusted_issuers="${server.trusted.join(',')}", token_types="app_asserted_user_v1 service_asserted_app_v1"`,
    `Basic realm="${server.host}"`,
  ],
  anonymous: ['Basic realm="localhost"'],
  refusal: (reason) => ({
    headers: { 'x-ms-diagnostics': `2000004;reason="${reason}";error_category="invalid_tenant"` },
    body: '',
  }),
  userAttributes: ['upn', 'smtp', 'sip'],
  lifetimeSeconds: 3600,
  header: x5tOnly,
  nameUser: ({ sid, upn, smtp, sip }: NamedUser) => ({ nameid: sid, nii: windows, upn, smtp, sip }),
}

/** Skype for Business Server: its realm is a SIP domain; no SIDs. */
export const skype: Product = {
  clientId: '00000004-0000-0ff1-ce00-000000000000',
  metadataPath: '/metadata/json/1',
  document: documentedDocument('Lync', '/metadata/json/1'),
  challenges: (server) => [
    `Bearer realm="${server.realm}", client_id="${clientIdOf(server)}", trusted_issuers="${server.trusted.join(',')}"`,
  ],
  anonymous: ['Negotiate', 'NTLM'],
  refusal: () => ({ headers: {}, body: '' }),
  userAttributes: ['upn', 'smtp', 'sip'],
  lifetimeSeconds: 3600,
  header: x5tOnly,
  nameUser: ({ upn, smtp, sip }: NamedUser) => ({ upn, smtp, sip }),
}

/** Workflow Manager: calls on behalf of a user whose claims it was given. */
export const workflowFarm: Product = {
  clientId: '00000005-0000-0000-c000-000000000000',
  metadataPath: '/workflow/metadata/json/1',
  document: documentedDocument('Workflow', '/workflow/metadata/json/1'),
  challenges: (server) => [
    `Bearer realm="${server.realm}",client_id="${clientIdOf(server)}",trusted_issuers="${server.trusted.join(',')}"`,
  ],
  anonymous: ['Negotiate'],
  refusal: () => ({ headers: {}, body: '' }),
  userAttributes: ['nameid', 'upn', 'smtp', 'sip'],
  lifetimeSeconds: 3600,
  header: ({ x5t }) => ({ x5t, kid: x5t }),
  nameUser: ({ upn }: NamedUser) => ({ upn, nii: windows }),
}
